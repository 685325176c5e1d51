"""The ledger: who has how much RAM and how many capabilities.

Invariants, which the property tests state: no amount is ever negative; the sum of all limits changes only by what is
put in at the start; whatever is done in one step is done wholly or not at all.
"""

from __future__ import annotations

from dataclasses import dataclass

from bastide.base import Bytes, OutOfCaps, OutOfRam
from bastide.base.errors import QuotaExceeded, UnrelatedAccount


@dataclass
class Budget:
    """Invariant: 0 <= used <= limit."""

    limit: int = 0
    used: int = 0

    @property
    def avail(self) -> int:
        return self.limit - self.used


class LedgerAccount:
    """The account of one protection domain.

    `heap()` is what the domain's private memory takes at the moment beyond the platform's allowance: it counts as used.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.ram, self.caps = Budget(), Budget()
        self.reference: LedgerAccount | None = None
        self._dependants: set[LedgerAccount] = set()
        self.closed = False

    def heap(self) -> int:
        return 0

    def changed(self) -> None:
        """Limit or use of RAM changed."""

    @property
    def ram_avail(self) -> int:
        return max(0, self.ram.avail - self.heap())

    def refer_to(self, other: LedgerAccount) -> None:
        """Set the reference account, once. Raises UnrelatedAccount."""
        if self.reference is not None:
            raise UnrelatedAccount(f"{self.name} has the reference account {self.reference.name} already")
        if other.closed or self.closed or other._below(self):
            raise UnrelatedAccount(f"{other.name} can't be the reference account of {self.name}: it is "
                                   "itself, one below it, or a closed one")
        self.reference = other
        other._dependants.add(self)

    def transfer(self, to: LedgerAccount, ram: int, caps: int) -> None:
        """Move both amounts or none. Raises QuotaExceeded, UnrelatedAccount."""
        if to.closed or self.closed or (self.reference is not to and to.reference is not self):
            raise UnrelatedAccount(f"quota moves between an account and its reference account only: {self.name} and "
                                   f"{to.name} are not related so")
        if ram < 0 or caps < 0:
            raise QuotaExceeded(f"{ram} bytes and {caps} capabilities are no amounts to transfer")
        if ram and ram > self.ram_avail:
            raise QuotaExceeded(f"{self.name} has {Bytes(self.ram_avail)} of RAM left, {Bytes(ram)} were asked for")
        if caps > self.caps.avail:
            raise QuotaExceeded(f"{self.name} has {self.caps.avail} capabilities left, {caps} were asked for")
        self._move(to, ram, caps)

    def relay(self, source: LedgerAccount, target: LedgerAccount, taken: tuple[int, int],
              given: tuple[int, int]) -> None:
        """Move RAM and capabilities from one dependant to another in one step; the difference is this account's.

        All or nothing. Raises QuotaExceeded, UnrelatedAccount. Nobody takes from its own reference account so: to be
        named as an account is no consent to pay.
        """
        for dependant in (source, target):
            if dependant.reference is not self:
                raise UnrelatedAccount(f"quota is relayed between dependants only: {dependant.name} is none of "
                                       f"{self.name}")
        source.transfer(self, *taken)
        try:
            self.transfer(target, *given)
        except BaseException:
            source._take_back(self, *taken)
            raise

    def charge(self, ram: int, caps: int) -> None:
        """Use up both amounts or none. Raises OutOfRam, OutOfCaps."""
        if caps > self.caps.avail:
            raise OutOfCaps(f"{caps} capabilities needed, {self.caps.avail} of {self.caps.limit} left")
        if ram and ram > self.ram_avail:
            raise OutOfRam(f"{Bytes(ram)} needed, {Bytes(self.ram_avail)} of {Bytes(self.ram.limit)} left")
        self.ram.used += ram
        self.caps.used += caps
        if ram:
            self.changed()

    def refund(self, ram: int, caps: int) -> None:
        self.ram.used -= ram
        self.caps.used -= caps
        if ram:
            self.changed()

    def close(self) -> None:
        """What is left flows to the reference account, which also takes over those that referred to this one."""
        if self.closed:
            return
        self.closed = True
        reference = self.reference
        if reference is not None:
            reference._dependants.discard(self)
            self._move(reference, self.ram.limit, self.caps.limit)
        for dependant in self._dependants:
            dependant.reference = reference
            if reference is not None:
                reference._dependants.add(dependant)
        self._dependants.clear()

    def _below(self, other: LedgerAccount) -> bool:
        account: LedgerAccount | None = self
        while account is not None and account is not other:
            account = account.reference
        return account is other

    def _take_back(self, other: LedgerAccount, ram: int, caps: int) -> None:
        other._move(self, ram, caps)

    def _move(self, to: LedgerAccount, ram: int, caps: int) -> None:
        self.ram.limit -= ram
        self.caps.limit -= caps
        to.ram.limit += ram
        to.caps.limit += caps
        if ram:
            self.changed()
            to.changed()
