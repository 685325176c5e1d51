"""The quota of one child: what the config assigns to it, what it was given, and what is demanded back.

*Assigned* is what the config granted so far. It grows by what was really handed out, and shrinks by what was really
taken back, so that an upgrade or a downgrade that could not be completed goes on at the next occasion. Where init had
too little at the start of the child, the rest is noted as *missing*: nothing of it can be taken back.

A child owes nobody an answer: what it does not give back stays with it. Nothing here waits for a child.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bastide.base import BastideError, Bytes, Transmitter
from bastide.base.environment import PdQuota, PdSession, Resources
from bastide.init.purse import Purse
from bastide.init.session_state import SESSION_COST
from bastide.init.start import Quota
from bastide.init.surroundings import Surroundings

if TYPE_CHECKING:
    from bastide.init.child import Child

ENVIRONMENT_COST = Quota(Bytes(253952), 28)
"""What Genode's environment sessions cost on 64 bit, with one capability for the parent object."""

DOMAIN_COST = Quota(Bytes(PdSession.ram_quota), PdSession.cap_quota + 1)
"""What of that the domain and the parent object cost, which are the first to be paid."""

UNPAID_COST = Quota(Bytes(ENVIRONMENT_COST.ram - DOMAIN_COST.ram), ENVIRONMENT_COST.caps - DOMAIN_COST.caps)
"""What is still to be paid for a child that has its domain."""

STATIC_COST = Quota(Bytes(16 * SESSION_COST), 6)
"""What init spends on a child beside that: a first batch of session states, its heap, config and requests ROMs."""

SPARED = Quota(Bytes(16 << 10), 5)
"""What a downgrade leaves available to the child, so that it can still react."""

ATTEMPTS = 4
"""How often a downgrade looks again, since the child spends at the same time."""


class Budget:
    """`purse` is the account of the child as long as it has one."""

    def __init__(self, child: Child, around: Surroundings) -> None:
        self._child, self._around = child, around
        self.purse: Purse | None = None
        self.assigned = child.start.quota
        self._missing = Quota()
        self.wanted = Resources()
        """What the child asked for, and was not given yet."""
        self.demanded = Resources()
        """What the child is asked to give back."""
        self.available, self.yielding = Transmitter(), Transmitter()

    def look(self) -> PdQuota | None:
        """What the child has now, as core knows it; None if it has no account."""
        return None if self.purse is None else self.purse.pd.quota()

    def affordable(self, means: Quota) -> bool:
        """Whether init could pay for the environment of the child. If not, the log says what it takes."""
        if means.ram >= ENVIRONMENT_COST.ram and means.caps >= ENVIRONMENT_COST.caps:
            return True
        name = self._child.name
        self._child.problems["quota"] = explanation = (
            f"not started: its environment costs {_kib(ENVIRONMENT_COST.ram)} and {ENVIRONMENT_COST.caps} caps, but "
            f"{self._around.env.name} can spend only {_kib(means.ram)} and {means.caps} caps: give less to others, or "
            f"more to {self._around.env.name}")
        self._around.complaints.error(name, f"{name}: {explanation}")
        return False

    def endow(self, purse: Purse, means: Quota) -> bool:
        """Give the child its first quota, or what init has left of it, now that the domain is paid.

        False: not even that could be transferred.
        """
        start = self._child.start
        wish = effective(start.quota)
        self._warn_about(wish)
        left = Quota(Bytes(max(0, means.ram - UNPAID_COST.ram)), max(0, means.caps - UNPAID_COST.caps))
        quota = Quota(min(wish.ram, left.ram), min(wish.caps, left.caps))
        if quota.ram < wish.ram:
            self._say(f"{start.name}: configured RAM exceeds available RAM, proceed with {quota.ram}")
        if quota.caps < wish.caps:
            self._say(f"{start.name}: configured caps exceed available caps, proceed with {quota.caps}")
        if not purse.give(quota.ram, quota.caps):
            return False
        self.assigned = start.quota
        self._missing = Quota(Bytes(wish.ram - quota.ram), wish.caps - quota.caps)
        self.purse = purse
        self._child.problems.pop("quota", None)
        return True

    def shrink(self) -> None:
        """Take back what the config no longer grants, as far as the child can spare it, and demand the rest."""
        self.demanded = Resources()
        if self.purse is not None and self._excess() != Resources():
            self._forget_missing()
            self._collect(self.purse)
            self._demand()

    def expand(self) -> None:
        """Hand out what the config grants beyond what is assigned, or what init has left of it."""
        if self.purse is None:
            return
        wish = self._child.start.quota
        self._warn_about(effective(wish))
        increment = Quota(Bytes(max(0, wish.ram - self.assigned.ram)), max(0, wish.caps - self.assigned.caps))
        if increment == Quota():
            return
        means = self._around.means()
        amount = Quota(min(increment.ram, means.ram), min(increment.caps, means.caps))
        if amount != increment and self._around.verbose:
            self._say(f"{self._child.name}: specified quota exceeds available quota, proceeding with a quota of "
                      f"{amount.ram if amount.ram < increment.ram else amount.caps}")
        if amount == Quota() or not self.purse.give(amount.ram, amount.caps):
            return
        self.assigned = Quota(Bytes(self.assigned.ram + amount.ram), self.assigned.caps + amount.caps)
        self._around.changed()
        if self.wanted != Resources():
            self.wanted = Resources()
            self._child.problems.pop("quota", None)
            self.available.submit()

    def request(self, wanted: Resources) -> None:
        """The child asks for more. Init has no opinion about that: it shows who could decide."""
        wanted = Resources(max(0, wanted.ram), max(0, wanted.caps))
        if wanted == self.wanted:
            return                      # it says the same again
        self.wanted = wanted
        name, complaints = self._child.name, self._around.complaints
        complaints.info(name, f"child \"{name}\" requests resources: ram_quota={wanted.ram}, "
                        f"cap_quota={wanted.caps}")
        self._child.problems["quota"] = explanation = self._explained(wanted)
        complaints.info(name, f"{name}: {explanation}")
        self._around.changed(True)

    def responded(self) -> None:
        """The child answers to a demand. If it gave nothing, it is left alone until the next config."""
        if self.purse is not None and self.demanded != Resources():
            self.demanded = Resources()
            if self._collect(self.purse):
                self._demand()

    def _collect(self, purse: Purse) -> bool:
        """Whether something of the excess came back."""
        for _ in range(ATTEMPTS):
            excess, quota = self._excess(), purse.pd.quota()
            amount = Resources(min(excess.ram, max(0, quota.ram_avail - SPARED.ram)),
                               min(excess.caps, max(0, quota.cap_avail - SPARED.caps)))
            if amount == Resources():
                return False
            try:
                purse.take(amount.ram, amount.caps)
            except BastideError:
                continue                # the child spent it meanwhile
            self.assigned = Quota(Bytes(self.assigned.ram - amount.ram), self.assigned.caps - amount.caps)
            self._around.changed()
            return True
        self._say(f"{self._child.name}: downgrade failed after {ATTEMPTS} attempts")
        return False

    def _demand(self) -> None:
        self.demanded = self._excess()
        if self.demanded != Resources():
            self.yielding.submit()

    def _excess(self) -> Resources:
        start = self._child.start
        return Resources(max(0, self.assigned.ram - start.ram), max(0, self.assigned.caps - start.caps))

    def _forget_missing(self) -> None:
        excess = self._excess()
        gone = Quota(Bytes(min(excess.ram, self._missing.ram)), min(excess.caps, self._missing.caps))
        self._missing = Quota(Bytes(self._missing.ram - gone.ram), self._missing.caps - gone.caps)
        self.assigned = Quota(Bytes(self.assigned.ram - gone.ram), self.assigned.caps - gone.caps)

    def _warn_about(self, effective_quota: Quota) -> None:
        name = self._child.name
        if not effective_quota.ram:
            self._say(f"{name}: no valid RAM quota defined")
        if not effective_quota.caps:
            self._say(f"{name}: no valid capability quota defined")

    def _explained(self, wanted: Resources) -> str:
        """Who asked, for how much, what is left, and who could give."""
        start, means, quota = self._child.start, self._around.means(), self.look() or PdQuota(0, 0, 0, 0)
        parts = []
        if wanted.ram:
            parts.append(f"asks for {Bytes(wanted.ram)} of RAM more, has {_kib(quota.ram_avail)} of "
                         f"{_kib(quota.ram_limit)} left")
        if wanted.caps:
            parts.append(f"asks for {wanted.caps} caps more, has {quota.cap_avail} of {quota.cap_limit} left")
        have = f"{self._around.env.name} could give {_kib(means.ram)} and {means.caps} caps"
        enough = wanted.ram <= means.ram and wanted.caps <= means.caps
        remedy = (f"raise the quota at {start.place}" if enough else
                  f"too little, so its own parent would have to give it more; then raise the quota at {start.place}")
        return f"{', '.join(parts) or 'asks for nothing'}; {have}: {remedy}"

    def _say(self, warning: str) -> None:
        self._around.complaints.warning(self._child.name, warning)


def effective(assigned: Quota) -> Quota:
    """What of an assigned quota the child itself gets: its environment is paid from it."""
    return Quota(Bytes(max(0, assigned.ram - ENVIRONMENT_COST.ram - STATIC_COST.ram)),
                 max(0, assigned.caps - ENVIRONMENT_COST.caps - STATIC_COST.caps))


def _kib(amount: int) -> str:
    """Amounts that people compare need not be exact, but short."""
    return f"{max(0, amount) >> 10}K" if amount >= 1 << 10 else f"{max(0, amount)} bytes"
