"""The one door from core to the machine below."""

from bastide.kernel.interface import (
    MAX_PIECES,
    Arrangement,
    Domain,
    Ending,
    Handle,
    IpcError,
    Machine,
    Memory,
    OutOfMachine,
    OutOfObjects,
    Placement,
)

__all__ = [
    "MAX_PIECES", "Arrangement", "Domain", "Ending", "Handle", "IpcError", "Machine", "Memory", "OutOfMachine",
    "OutOfObjects", "Placement",
]
