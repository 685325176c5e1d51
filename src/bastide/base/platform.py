"""The one door from the component API to whichever kernel is below."""

from bastide.kernel.interface import (
    MESSAGE_BYTES,
    MESSAGE_CAPS,
    BastideError,
    Caps,
    Deliver,
    Dispatch,
    Gate,
    Handle,
    IpcError,
    Kernel,
    Start,
)

__all__ = [
    "MESSAGE_BYTES", "MESSAGE_CAPS", "BastideError", "Caps", "Deliver", "Dispatch", "Gate", "Handle", "IpcError",
    "Kernel", "Start",
]
