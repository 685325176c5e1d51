"""Memory that can be shared: dataspaces as capabilities, and their windows in the own address space."""

from __future__ import annotations

from bastide.base.account import Account, Resource
from bastide.base.capability import Capability
from bastide.base.errors import OutOfRam
from bastide.base.rpc import Interface, rpc

PAGE = 4096


class Dataspace(Interface):
    @rpc
    def size(self) -> int:
        """Bytes, whole pages."""
        ...

    @rpc
    def writeable(self) -> bool: ...


DataspaceCap = Capability[Dataspace]


class Attached(Resource):
    """A window to a dataspace: `view` is the memory itself, and raises ValueError when used after closing.

    Whoever owns the dataspace can free it, and then touching the window is a fault. A server attaches what it allocated
    itself, and reads what a client hands over by `kernel.read`, which copies. Who writes to what a server owns, and
    does not trust it with its life, does so by `store`.
    """

    def __init__(self, account: Account, cap: DataspaceCap, *, writeable: bool = True) -> None:
        self.cap, self._kernel = cap, account.domain.kernel
        self.view = self._kernel.attach(cap.handle, writeable)
        super().__init__(account)

    def store(self, content: bytes, offset: int = 0) -> None:
        """Write, without a fault if the memory is gone: that is an IpcError."""
        self._kernel.store(self.view, content, offset)

    def _release(self) -> None:
        self._kernel.detach(self.view)


class RamDataspace(Resource):
    """Zeroed RAM, paid from `account` (pages and one capability), attached locally. Raises OutOfRam, OutOfCaps."""

    def __init__(self, account: Account, size: int) -> None:
        size = (size + PAGE - 1) // PAGE * PAGE
        if size <= 0:
            raise OutOfRam("a RAM dataspace of no size")
        self._domain, self._allocated = account.domain, False
        self.view = memoryview(b"")
        """The memory itself. Using it after closing raises ValueError."""
        super().__init__(account, ram=size, caps=1)
        try:
            handle = account.obtain(lambda: self._domain.alloc_ram(size), size, 1)
            self.cap: DataspaceCap = Capability(handle, Dataspace, self._domain.kernel)
            self._allocated = True
            self.view = self._domain.kernel.attach(handle, True)
        except BaseException:
            self.close()
            raise
        self.size = size

    def seal(self) -> RamDataspace:
        """Make every later attachment read-only; the own view stays writable."""
        self._domain.seal_ram(self.cap.handle)
        return self

    def detach(self) -> None:
        """Give up the own view, which costs a mapping; the memory and its capability stay."""
        if self.view:
            self._domain.kernel.detach(self.view)
            self.view = memoryview(b"")

    def _release(self) -> None:
        self.detach()
        if self._allocated:
            self._domain.free_ram(self.cap.handle)
