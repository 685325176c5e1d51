"""PD: protection domains as core's service: accounts, memory, identities."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bastide.base import (
    Capability,
    DataspaceCap,
    Interface,
    OutOfCaps,
    OutOfRam,
    SessionDenied,
    SessionRequest,
    SignalCap,
)
from bastide.base.environment import NativeEntrypoint, PdAccount, PdQuota, PdSession, Resources
from bastide.base.errors import UnrelatedAccount
from bastide.core.domain import CoreDataspace, Office, pages
from bastide.core.ledger import LedgerAccount
from bastide.core.platform import Domain, Handle, IpcError, OutOfMachine, OutOfObjects
from bastide.core.upkeep import Upkeep

HEAP_STEP = 64 << 10
"""The heap's limit moves in such steps, rounded down: most donations to servers then cost no system call."""


class DomainAccount(LedgerAccount):
    """An account whose RAM also pays for the heap of a running program."""

    domain: Domain | None = None
    _limit = -1

    def heap(self) -> int:
        return 0 if self.domain is None else self.domain.heap_used()

    def changed(self) -> None:
        if self.domain is None:
            return
        limit = max(0, self.ram.avail) // HEAP_STEP * HEAP_STEP
        if limit != self._limit:
            self._limit = limit
            self.domain.limit_heap(limit)

    def started(self) -> None:
        """A program runs now: tell its limit."""
        self._limit = -1
        self.changed()


class Pd(PdSession):
    def __init__(self, office: Office, request: SessionRequest) -> None:
        self.label = request.label
        self._office = office
        self.account = DomainAccount(str(request.label))
        try:
            upkeep = Upkeep(request.account, self.account)
            self.domain = self.account.domain = office.machine.create_domain(str(request.label), upkeep)
        except OutOfMachine as error:
            raise SessionDenied(f"the machine has no room for the domain '{request.label}': {error}") from error
        self._memory: dict[Handle, CoreDataspace] = {}
        self._identities: set[Handle] = set()

    # accounts

    def ref_account(self, account: Capability[PdAccount]) -> None:
        other = self._office.ep.object_of(account, Pd)
        if other is None:
            raise UnrelatedAccount(f"{self.account.name}: the reference account is none of core's")
        self.account.refer_to(other.account)

    def transfer_quota(self, to: Capability[PdAccount], amount: Resources) -> None:
        other = self._office.ep.object_of(to, Pd)
        if other is None:
            raise UnrelatedAccount(f"{self.account.name}: the receiving account is none of core's")
        self.account.transfer(other.account, amount.ram, amount.caps)

    def relay_quota(self, source: Capability[PdAccount], target: Capability[PdAccount], taken: Resources,
                    given: Resources) -> None:
        payer, payee = (self._office.ep.object_of(account, Pd) for account in (source, target))
        if payer is None or payee is None:
            raise UnrelatedAccount(f"{self.account.name}: quota can be relayed between accounts of core only")
        self.account.relay(payer.account, payee.account, (taken.ram, taken.caps), (given.ram, given.caps))

    def quota(self) -> PdQuota:
        ram, caps = self.account.ram, self.account.caps
        return PdQuota(ram.limit, ram.limit - self.account.ram_avail, caps.limit, caps.used)

    def run(self, start: Callable[[], Handle]) -> SignalCap:
        """Start a program. Its own identity, by which it is asked for its heartbeat, is paid like any other."""
        context = self._paid(start)
        self.account.started()
        return context

    # identities

    def alloc_entrypoint(self) -> Capability[NativeEntrypoint]:
        return self._identity(self.domain.alloc_entrypoint)

    def alloc_rpc_cap(self, entrypoint: Capability[NativeEntrypoint]) -> Capability[Interface]:
        return self._identity(lambda: self.domain.alloc_identity(entrypoint.handle))

    def alloc_context(self, entrypoint: Capability[NativeEntrypoint]) -> SignalCap:
        return self._identity(lambda: self.domain.alloc_context(entrypoint.handle))

    def free_entrypoint(self, entrypoint: Capability[NativeEntrypoint]) -> None:
        self._free_identity(entrypoint.handle)

    def free_rpc_cap(self, cap: Capability[Interface]) -> None:
        self._free_identity(cap.handle)

    def free_context(self, context: SignalCap) -> None:
        self._free_identity(context.handle)

    def _identity(self, make: Callable[[], Handle]) -> Capability[Any]:
        try:
            return self._paid(make)
        except OutOfMachine as error:
            raise OutOfCaps(str(error)) from error

    def _paid(self, make: Callable[[], Handle]) -> Capability[Any]:
        self.account.charge(0, 1)
        try:
            handle = make()
        except BaseException:
            self.account.refund(0, 1)
            raise
        self._identities.add(handle)
        return Capability(handle, Interface, self._office.domain.kernel)

    def _free_identity(self, handle: Handle) -> None:
        if handle in self._identities:
            self._identities.remove(handle)
            self.account.refund(0, 1)       # first: to tell the domain may cost one
            self.domain.free_identity(handle)

    # memory

    def alloc_ram(self, size: int) -> DataspaceCap:
        size = pages(size)
        if size <= 0:
            raise OutOfRam("a RAM dataspace of no size")
        self.account.charge(size, 1)
        try:
            dataspace = self._office.dataspace(self._office.machine.create_memory(size))
        except OutOfMachine as error:
            self.account.refund(size, 1)
            kind = OutOfCaps if isinstance(error, OutOfObjects) else OutOfRam
            raise kind(f"the machine has no more: {error}") from error
        self._memory[dataspace.cap.handle] = dataspace
        return dataspace.cap

    def free_ram(self, dataspace: DataspaceCap) -> None:
        owned = self._memory.pop(dataspace.handle, None)
        if owned is not None:
            size = owned.memory.size
            self._office.free(owned)
            self.account.refund(size, 1)

    def seal_ram(self, dataspace: DataspaceCap) -> None:
        owned = self._memory.get(dataspace.handle)
        if owned is not None:
            owned.memory.seal()
            owned.sealed = True

    def ram_size(self, dataspace: DataspaceCap) -> int:
        known = self._office.ep.object_of(dataspace, CoreDataspace)
        if known is None:
            raise IpcError("this capability is no dataspace of core")
        return known.size()

    # end

    def close(self) -> None:
        """End the domain: what runs in it, what it served, its memory. What it had returns to who gave it."""
        self.domain.destroy()
        for dataspace in self._memory.values():
            self._office.free(dataspace)
            self.account.refund(dataspace.memory.size, 1)
        self._memory.clear()
        self.account.refund(0, len(self._identities))
        self._identities.clear()
        self.account.close()
