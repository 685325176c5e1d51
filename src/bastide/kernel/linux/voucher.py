"""A capability that somebody passed on who does not serve it himself.

To pass on a capability must cost the sender no question to core, and the receiver none either as long as it does
nothing but call. So what arrives is the sender's voucher, and to a server that the component has a channel to already,
the voucher itself is shown. It is redeemed when the capability is compared, passed on in turn, or needed to get a
channel. Core then vouches in its turn: for the sender's right, and for the handle being equal to all others of the same
identity that this component has.
"""

from __future__ import annotations

from collections.abc import Callable

from bastide.kernel.interface import IpcError
from bastide.kernel.linux.seal import HANDLE_BYTES, place

Redeem = Callable[[bytes, int], bytes]
"""The handle for a voucher and the number of the domain that sent it. Raises IpcError."""


class Borrowed:
    """A handle to be: equal to the handle that it is redeemed for."""

    __slots__ = ("_redeem", "place", "shown")

    def __init__(self, voucher: bytes, sender: int, redeem: Redeem) -> None:
        self._redeem = redeem
        self.place = place(voucher)
        """What the handle begins with."""
        self.shown = voucher, sender
        """What to show in a call: the voucher and who made it, or the handle and 0."""

    @property
    def redeemed(self) -> bool:
        return not self.shown[1]

    def handle(self) -> bytes:
        """Raises IpcError if the sender never held the capability, or its object is gone."""
        shown, sender = self.shown
        if sender:
            shown = self._redeem(shown, sender)
            self.shown = shown, 0
        return shown

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        try:
            return self.handle() == (other.handle() if isinstance(other, Borrowed) else other)
        except IpcError:
            return False

    def __hash__(self) -> int:
        try:
            return hash(self.handle())
        except IpcError:                # worthless, and so equal to nothing but itself
            return hash(self.shown)


def proper(handle: object) -> bytes:
    """The handle proper. Raises IpcError for what is worthless, or has not even the shape of a handle."""
    if type(handle) is Borrowed:
        return handle.handle()
    if type(handle) is not bytes or len(handle) != HANDLE_BYTES:
        raise IpcError(f"{type(handle).__name__} is no capability: capabilities come with messages only")
    return handle
