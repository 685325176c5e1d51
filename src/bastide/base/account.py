"""Who pays, owns: accounts of RAM and capabilities, and the life time of what is bought from them.

C++ ties the life of a resource to a scope. Python has no such scope for members, and relying on the garbage collector
would make budgets depend on reference cycles. Here the *account* is the scope: every resource is charged to exactly one
account, and closing the account closes whatever it still owns, newest first. A server thus cannot leak what it
allocated for a client, not even when the constructor of a session fails half way. Closing a resource earlier, by
`close()` or `with`, is always possible and gives the amount back at once.

The accounts of a component apportion what its protection domain has. The domain's own limits are core's to enforce; the
books kept here are for the component's benefit, and nobody else trusts them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import RLock
from types import TracebackType
from typing import Protocol, Self, TypeVar

from bastide.base.errors import OutOfCaps, OutOfRam
from bastide.base.platform import Handle, Kernel
from bastide.base.value import Bytes

T = TypeVar("T")


class Domain(Protocol):
    """The protection domain that a component lives in: where identities and memory come from. Raises OutOf..."""

    @property
    def kernel(self) -> Kernel: ...

    def alloc_ram(self, size: int) -> Handle: ...

    def free_ram(self, dataspace: Handle) -> None: ...

    def seal_ram(self, dataspace: Handle) -> None: ...

    def alloc_rpc_cap(self, entrypoint: Handle) -> Handle: ...

    def free_rpc_cap(self, identity: Handle) -> None: ...

    def alloc_context(self, entrypoint: Handle) -> Handle: ...

    def free_context(self, context: Handle) -> None: ...

    def alloc_entrypoint(self) -> Handle: ...

    def free_entrypoint(self, entrypoint: Handle) -> None: ...


@dataclass
class Quota:
    """Invariant: 0 <= used, and used <= limit unless the parent took back what was not used at that moment."""

    limit: int
    used: int = 0

    @property
    def avail(self) -> int:
        return max(0, self.limit - self.used)


class Resource:
    """Something charged to an account. It lives until it is closed, or until its account is."""

    def __init__(self, account: Account, *, ram: int = 0, caps: int = 0) -> None:
        account.charge(ram, caps)
        self._account: Account | None = account
        self._price = (ram, caps)
        account.owned[id(self)] = self

    def close(self) -> None:
        """Release the resource and give its price back. Closing twice is harmless."""
        if (account := self._account) is not None:
            self._account = None
            account.owned.pop(id(self), None)
            try:
                self._release()
            finally:
                account.refund(*self._price)

    def _release(self) -> None:
        """What a kind of resource has to undo."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()


class Account:
    """A budget, and the owner of everything bought from it.

    `shortage(ram, caps)` is asked when less is left than that, and tells whether it could do something about it; it is
    tried again as long as it could.
    """

    def __init__(self, domain: Domain, ram: int, caps: int, payer: Account | None = None, *,
                 shortage: Callable[[int, int], bool] | None = None) -> None:
        self.ram, self.caps = Quota(ram), Quota(caps)
        self.domain = domain
        self.owned: dict[int, Resource] = {}
        self.shortage = shortage
        self._lock = RLock()
        self._allotment = _Allotment(self, payer) if payer else None

    def sub(self, *, ram: int | str, caps: int) -> Account:
        """A budget carved out of this one. Raises OutOfRam, OutOfCaps."""
        return Account(self.domain, Bytes(ram), caps, payer=self)

    def reserve(self, *, ram: int | str = 0, caps: int = 0) -> Resource:
        """Charge for something the framework does not see, such as an entry in a table. Raises OutOfRam, OutOfCaps."""
        return Resource(self, ram=Bytes(ram), caps=caps)

    def grow(self, ram: int, caps: int) -> None:
        """Raise the limits, after whoever pays for this account has paid more."""
        with self._lock:
            self.ram.limit += ram
            self.caps.limit += caps

    def close(self) -> None:
        """Close all that it owns, newest first. What fails to go keeps no other from it, and is raised in the end."""
        failure: Exception | None = None
        while self.owned:
            try:
                self.owned[next(reversed(self.owned))].close()
            except Exception as error:
                failure = failure or error
        if self._allotment:
            self._allotment.close()
        if failure is not None:
            raise failure

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def charge(self, ram: int, caps: int) -> None:
        """Take from what is left. Raises OutOfRam, OutOfCaps. Resources do it; servers use `reserve`."""
        while True:
            with self._lock:
                if ram <= self.ram.avail and caps <= self.caps.avail:
                    self.ram.used += ram
                    self.caps.used += caps
                    return
            if self.shortage is None or not self.shortage(ram, caps):
                break
        if ram > self.ram.avail:
            raise OutOfRam(f"{Bytes(ram)} needed, {Bytes(self.ram.avail)} of {Bytes(self.ram.limit)} left")
        raise OutOfCaps(f"{caps} capabilities needed, {self.caps.avail} of {self.caps.limit} left")

    def refund(self, ram: int, caps: int) -> None:
        with self._lock:
            self.ram.used -= ram
            self.caps.used -= caps

    def obtain(self, allocate: Callable[[], T], ram: int, caps: int) -> T:
        """What `allocate` gets of the domain for an amount that was charged. Raises OutOfRam, OutOfCaps.

        The domain can have less than the books say, as the parent may have taken something back.
        """
        while True:
            try:
                return allocate()
            except OutOfRam:
                if self.shortage is None or not self.shortage(ram, 0):
                    raise
            except OutOfCaps:
                if self.shortage is None or not self.shortage(0, caps):
                    raise


class _Allotment(Resource):
    """What an account costs its payer. When the payer goes, the account goes, with all it owns."""

    def __init__(self, account: Account, payer: Account) -> None:
        super().__init__(payer, ram=account.ram.limit, caps=account.caps.limit)
        self._carved = account

    def _release(self) -> None:
        self._carved.close()
