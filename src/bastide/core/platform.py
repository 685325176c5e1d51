"""The one door from core to the machine below."""

from bastide.kernel.interface import Domain, Ending, Handle, IpcError, Machine, Memory, OutOfMachine, Placement

__all__ = ["Domain", "Ending", "Handle", "IpcError", "Machine", "Memory", "OutOfMachine", "Placement"]
