"""What the books must say: the rules of trading quota, written down once more and as plainly as possible.

An account has limits and uses. Whoever opens a session pays; each parent on the way keeps what the state of a session
costs it, and the server has the rest until the session is over. Then everybody at once gives back what it got, as far
as it still has it, to the client, or if that is gone to who inherited from it; only the client's own parent keeps its
part until the client has learnt of the end. So what a server squandered is missing at its client, and nobody else's
business. What a component had when it ended falls to its parent, and with it the duty to give back. Nothing here knows
how any of that is done.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

STATE = 80
"""RAM that a parent keeps for the state of a session."""

ROOM = 2048
"""RAM that a server's framework keeps for a session object."""

ENVIRONMENT = ((196608, 13), (36864, 6), (8192, 2), (6144, 3))
"""RAM and capabilities of the sessions that a parent opens for its child: PD, CPU, LOG, ROM."""

DEDUCTED = 253952 + 16 * STATE, 28 + 6
"""What the quota of a start node pays for before the child gets the rest."""

KEPT = 253952 + (320 << 10), 28 + 20
"""What a parent never gives to a child: the price of the environment, and what it preserves for itself."""

REQUESTS = (6144, 3)
"""What a server pays to its parent to see the requests of its clients."""

PAGE = 4096


@dataclass(eq=False)
class Account:
    name: str
    ram: int = 0
    caps: int = 0
    used_ram: int = 0
    used_caps: int = 0

    @property
    def free(self) -> tuple[int, int]:
        return self.ram - self.used_ram, self.caps - self.used_caps

    def affords(self, ram: int, caps: int) -> bool:
        return ram <= self.free[0] and caps <= self.free[1]

    def use(self, ram: int, caps: int) -> None:
        self.used_ram += ram
        self.used_caps += caps

    def gain(self, ram: int, caps: int) -> None:
        self.ram += ram
        self.caps += caps


@dataclass(eq=False)
class Deal:
    """A session, in terms of money: who paid, through whose hands, and who has it."""

    client: Account
    path: list[Account]
    server: Account
    ram: int
    caps: int

    def begin(self) -> None:
        self.client.gain(-self.ram, -self.caps)
        for parent in self.path:
            parent.gain(STATE, 0)
        self.server.gain(self.ram - STATE * len(self.path), self.caps)

    def add(self, ram: int, caps: int) -> None:
        self.client.gain(-ram, -caps)
        self.server.gain(ram, caps)
        self.ram, self.caps = self.ram + ram, self.caps + caps

    def end(self) -> None:
        """A server that has less left than it got gives what it has."""
        ram, caps = self.ram - STATE * len(self.path), self.caps
        if not self.server.affords(ram, caps):
            ram, caps = min(ram, self.server.free[0]), min(caps, self.server.free[1])
        self.server.gain(-ram, -caps)
        for parent in self.path:
            parent.gain(-STATE, 0)
        self.client.gain(ram + STATE * len(self.path), caps)

    def inherit(self, ended: Collection[Account], heir: Account) -> None:
        """Whoever of these was to get or to give anything, its heir is now."""
        self.client = heir if self.client in ended else self.client
        self.server = heir if self.server in ended else self.server
        self.path = [heir if parent in ended else parent for parent in self.path]

    def settle(self) -> None:
        """It is over, or came to nothing, and the client does not know yet."""
        self.end()
        self.ram, self.caps, self.path, self.server = STATE, 0, self.path[:1], Account("nobody")
        self.begin()


@dataclass(eq=False)
class Room:
    """A session between persons. `phase`: pending, denied, short, open, or closed if the landlord ended."""

    id: int
    guest: Member
    landlord: Member
    deal: Deal
    phase: str
    unwanted: bool = False
    fetched: bool = False
    furniture: list[int] = field(default_factory=list)

    def affords(self, size: int) -> bool:
        ram = self.deal.ram - STATE * len(self.deal.path) - ROOM - sum(self.furniture)
        return size <= ram and len(self.furniture) + 2 <= self.deal.caps

    @property
    def answer(self) -> str:
        """The phase that a request for it gets into."""
        if self.deal.ram - STATE * len(self.deal.path) < ROOM:
            return "short"              # this is looked at before the landlord is asked
        if self.landlord.slow:
            return "pending"
        if self.landlord.unkind:
            return "denied"
        return "open" if self.deal.caps >= 1 else "short"


@dataclass(eq=False)
class Member:
    """A house or a person."""

    name: str
    house: bool
    parent: Member | None
    account: Account
    landlord: str = ""
    children: dict[str, Member] = field(default_factory=dict)   # that live
    starts: dict[Member, str] = field(default_factory=dict)     # the config, which may mention some that have ended
    environment: list[Deal] = field(default_factory=list)
    sideline: dict[str, Deal] = field(default_factory=dict)     # protection domains of its own
    domains: dict[str, Account] = field(default_factory=dict)   # their accounts
    slow: bool = False
    unkind: bool = False

    @property
    def label(self) -> str:
        return self.name if self.parent is None else f"{self.parent.label} -> {self.name}"

    @property
    def houses(self) -> list[Member]:
        """Its ancestors, the nearest first."""
        found, parent = list[Member](), self.parent
        while parent is not None:
            found.append(parent)
            parent = parent.parent
        return found

    def family(self) -> Iterator[Member]:
        """Itself and all descendants, the youngest first."""
        for child in self.children.values():
            yield from child.family()
        yield self
