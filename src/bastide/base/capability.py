"""Typed capabilities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from bastide.base.platform import Handle, Kernel

if TYPE_CHECKING:
    from bastide.base.rpc import Interface

I_co = TypeVar("I_co", bound="Interface", covariant=True)


class Capability(Generic[I_co]):
    """The right to call one object. The invalid capability is None.

    A capability is a token: it can be kept, compared, passed on. To call the object one has to ask for `client()`, in
    so many letters, because calling means to depend on the callee: a server does not do that with a capability that a
    client handed to it. The type is a promise of the API alone: no kernel checks what an object really is.
    """

    __slots__ = ("handle", "interface", "kernel")

    def __init__(self, handle: Handle, interface: type[Any], kernel: Kernel) -> None:
        self.handle, self.interface, self.kernel = handle, interface, kernel

    def client(self) -> I_co:
        """The object itself, for the caller: its functions are calls."""
        stub: I_co = self.interface.stub(self)
        return stub

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Capability) and self.handle == other.handle

    def __hash__(self) -> int:
        return hash(self.handle)

    def __repr__(self) -> str:
        return f"<capability of {self.interface.__name__}>"
