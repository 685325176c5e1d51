"""Quota between init and the account of one child. Transfers are calls, so both amounts move in one.

A child's account refers to init's: each payment between children passes through init.
"""

from __future__ import annotations

from bastide.base import BastideError, Capability, OutOfCaps, OutOfRam
from bastide.base.environment import PdSession, Resources
from bastide.base.errors import QuotaExceeded

MOST = 1 << 62
"""No machine has more; larger amounts are not even asked for."""


class Purse:
    """`own` is init's protection domain, `pd` the child's. Amounts are never negative."""

    def __init__(self, own: PdSession, own_cap: Capability[PdSession], pd: PdSession,
                 cap: Capability[PdSession]) -> None:
        self._own, self._own_cap, self.pd, self.cap = own, own_cap, pd, cap

    def take(self, ram: int, caps: int) -> None:
        """Child to init: all or nothing. Raises OutOfRam, OutOfCaps."""
        self._affordable(Resources(ram, caps))
        if ram or caps:
            try:
                self.pd.transfer_quota(self._own_cap, Resources(ram, caps))
            except QuotaExceeded as error:
                raise self._shortage(ram, error) from None

    def pay(self, to: Purse, amount: Resources, kept: int) -> None:
        """Child to another child, and `kept` bytes to init (from it, if negative). Raises OutOfRam, OutOfCaps."""
        taken = Resources(amount.ram + max(kept, 0), amount.caps)
        given = Resources(amount.ram - min(kept, 0), amount.caps)
        self._affordable(taken)
        try:
            self._own.relay_quota(self.cap, to.cap, taken, given)
        except QuotaExceeded as error:
            raise self._shortage(taken.ram, error) from None

    def take_back(self, amount: Resources) -> Resources:
        """Child to init: as much of it as there is; the result tells."""
        try:
            self.take(amount.ram, amount.caps)
            return amount
        except (OutOfRam, OutOfCaps):
            quota = self.pd.quota()
        left = Resources(min(amount.ram, quota.ram_avail), min(amount.caps, quota.cap_avail))
        try:
            self.take(left.ram, left.caps)
            return left
        except (OutOfRam, OutOfCaps):
            return Resources()

    def give(self, ram: int, caps: int) -> bool:
        """Init to child. False: init does not have it, or there is no child any more."""
        try:
            if ram or caps:
                self._own.transfer_quota(self.cap, Resources(ram, caps))
            return True
        except BastideError:
            return False

    def _affordable(self, amount: Resources) -> None:
        if not (0 <= amount.ram <= MOST and 0 <= amount.caps <= MOST):
            raise OutOfRam(f"{amount.ram} bytes and {amount.caps} capabilities are no amounts that one could have")

    def _shortage(self, ram: int, error: QuotaExceeded) -> BastideError:
        return OutOfRam(str(error)) if ram > self.pd.quota().ram_avail else OutOfCaps(str(error))
