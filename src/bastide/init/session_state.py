"""A session as the parent of its client keeps it, from the request until the last of its quota is back.

The phases are those of Genode's parent. Services set `phase` and `cap` when they answer at once, and call `answered`
when they answer later. Money follows the phases: what was donated is with the service until the session is over there,
and is then handed back at once to the client, or to init if the client is gone, whether or not the client knows yet. So
quota is neither made nor lost, whoever vanishes, and nobody has it who could spend it in the meantime.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Protocol

from bastide.base import Affinity, BastideError, Capability, InsufficientCaps, InsufficientRam, Session
from bastide.base import args as session_args
from bastide.base.environment import Resources
from bastide.base.session import ANYWHERE

if TYPE_CHECKING:
    from bastide.init.services import Service

SESSION_COST = 80
"""RAM, of what a client donates, that its parent keeps for the state of the session."""

NOTHING = Resources()


class Phase(Enum):
    """Values are as state reports show them."""

    CREATING = "CREATING"
    DENIED = "DENIED"
    INSUFFICIENT_RAM = "INSUFFICIENT_RAM"
    INSUFFICIENT_CAPS = "INSUFFICIENT_CAP"
    AVAILABLE = "AVAIL"                 # the server answered, the client has not picked it up
    HANDED_OUT = "OK"
    UPGRADING = "UPGRADING"
    CLOSING = "CLOSING"
    CLOSED = "CLOSED"


REFUSED = Phase.DENIED, Phase.INSUFFICIENT_RAM, Phase.INSUFFICIENT_CAPS
OVER = *REFUSED, Phase.CLOSED           # tuples: to find an enum's value in a set takes ten times as long


def refusal(error: BastideError) -> Phase:
    """The phase that a refusal by this error means."""
    if isinstance(error, InsufficientRam):
        return Phase.INSUFFICIENT_RAM
    return Phase.INSUFFICIENT_CAPS if isinstance(error, InsufficientCaps) else Phase.DENIED


class Client(Protocol):
    """Who asked for a session."""

    def session_changed(self, session: SessionState) -> None:
        """Its server answered."""

    def pay_back(self, session: SessionState, donated: Resources) -> None:
        """Take back from its service what was `donated`."""

    def session_over(self, session: SessionState, donated: Resources) -> None:
        """Forget it, and take back what was `donated`, as far as that was not done before."""


@dataclass(eq=False)
class SessionState:
    """`args` are those that the server gets to see; `ram` and `caps` are what its account holds for the session."""

    client: Client | None               # None: it vanished
    id: int                             # chosen by the client
    service: Service
    client_label: str                   # what the route was found by
    label: str                          # as the server sees it
    args: dict[str, str]
    ram: int
    caps: int
    affinity: Affinity = ANYWHERE
    cost: int = SESSION_COST
    environment: bool = False
    phase: Phase = Phase.CREATING
    cap: Capability[Session] | None = field(default=None, repr=False)
    number: int = 0                     # chosen by init, towards the service
    upgrade: Resources | None = None    # asked for, not confirmed
    unwanted: bool = False              # the client closed it before the server answered
    reason: str = ""                    # why it was refused, if whoever refused it said so
    lost: Resources = NOTHING           # of what was donated, as the service says

    @property
    def args_text(self) -> str:
        """Raises InvalidArgs if they became too long on the way."""
        return session_args.format(self.args)

    @property
    def donated(self) -> Resources:
        return Resources(self.ram, self.caps)

    def answered(self, phase: Phase, cap: Capability[Session] | None = None, reason: str = "") -> None:
        """The service answered what was pending."""
        closing = self.phase is Phase.CLOSING or self.unwanted
        self.phase, self.upgrade, self.reason = phase, None, reason
        if cap is not None:
            self.cap = cap
        client = self.client
        if closing:
            if not self.close():
                return
        elif phase in OVER:
            self._settle()
        if client is not None:
            client.session_changed(self)

    def refuse(self) -> None:
        """The service denied it at once, so that the client knows already."""
        self.phase = Phase.DENIED
        self._settle()

    def ended(self) -> None:
        """The service ended it unasked, or is gone. What the client has not got yet is as good as refused."""
        refused = self.phase in (Phase.CREATING, Phase.AVAILABLE)
        self.cap = None
        self.answered(Phase.DENIED if refused else Phase.CLOSED)

    def close(self) -> bool:
        """Bring the session to its end. False: that is up to the service now."""
        if self.phase is Phase.CREATING:
            self.unwanted = True
            if not self.service.withdraw(self):
                return False
            self.phase = Phase.CLOSED
        elif self.phase not in OVER and self.phase is not Phase.CLOSING:
            self.phase = Phase.CLOSING
            self.service.close(self)
        if self.phase not in OVER:
            return False
        self.conclude()
        return True

    def conclude(self) -> None:
        """It is over at the service: the quota goes back."""
        client, self.client, self.cap = self.client, None, None
        donated, self.ram, self.caps = self.donated, 0, 0
        if client is None:
            self.service.pay_back(donated)
        else:
            client.session_over(self, donated)

    def _settle(self) -> None:
        """It is over at the service, which the client is yet to learn: the quota goes back already."""
        donated, self.ram, self.caps = self.donated, 0, 0
        if self.client is None:
            self.service.pay_back(donated)
        else:
            self.client.pay_back(self, donated)

    def orphan(self) -> None:
        """The client is gone."""
        self.client = None
        self.close()
