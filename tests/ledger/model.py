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


class World:
    """All that have accounts, below one house, and the rooms that are rented."""

    def __init__(self, top: str) -> None:
        self.treasury = Account("")
        self.top = Member(top, True, None, Account(top))
        self.rooms: list[Room] = []

    @property
    def members(self) -> list[Member]:
        return list(self.top.family())

    @property
    def accounts(self) -> dict[str, Account]:
        return {account.name: account for member in self.members for account in
                (member.account, *member.domains.values())} | {"": self.treasury}

    def born(self, name: str, house: bool, parent: Member, landlord: str, ram: int, caps: int) -> Member:
        """A child by a start node that says so, less what its parent keeps and lacks."""
        child = parent.children[name] = Member(name, house, parent, Account(""), landlord)
        child.account.name = child.label
        free = parent.account.free
        quota = (min(max(0, ram - DEDUCTED[0]), free[0] - KEPT[0]), min(max(0, caps - DEDUCTED[1]), free[1] - KEPT[1]))
        for price in ENVIRONMENT:
            deal = Deal(parent.account, [house.account for house in parent.houses], self.treasury, *price)
            deal.begin()
            child.environment.append(deal)
        parent.account.gain(-quota[0], -quota[1])
        child.account.gain(*quota)
        if not house:
            self.lasting(child, [parent.account], parent.account, *REQUESTS)
        return child

    def lasting(self, child: Member, path: list[Account], server: Account, ram: int, caps: int) -> None:
        """A session that a child opens for as long as it lives."""
        deal = Deal(child.account, path, server, ram, caps)
        deal.begin()
        child.environment.insert(0, deal)

    def landlord_of(self, guest: Member) -> tuple[Member, list[Account]] | None:
        """Who serves the rooms that a member asks for, and the parents on the way."""
        path, asking = list[Account](), guest
        while asking.parent is not None:
            path.append(asking.parent.account)
            if asking.landlord:
                found = asking.parent.children.get(asking.landlord)
                return (found, path) if found is not None and not found.house else None
            asking = asking.parent
        return None

    def rent(self, id: int, guest: Member, ram: int, caps: int) -> bool:
        """Whether the request for a room is accepted; then its landlord answers as it likes."""
        found = self.landlord_of(guest)
        if found is None or ram < STATE * len(found[1]) or not guest.account.affords(ram, caps):
            return False
        landlord, path = found
        room = Room(id, guest, landlord, Deal(guest.account, path, landlord.account, ram, caps), "pending")
        room.deal.begin()
        self.rooms.append(room)
        self.answer(landlord)
        return True

    def answer(self, landlord: Member) -> None:
        """What a landlord does about all requests that wait for it."""
        for room in [room for room in self.rooms if room.landlord is landlord and room.phase == "pending"]:
            room.phase = room.answer
            if room.phase == "open":
                landlord.account.use(0, 1)
            elif room.phase != "pending" and not room.unwanted:
                room.deal.settle()
            if room.unwanted and room.phase != "pending":
                self.over(room)

    def furnish(self, room: Room, size: int) -> bool:
        """Whether the landlord can buy something from what the guest donated: that, and no more."""
        possible = room.affords(size) and room.landlord.account.affords(size, 1)
        if possible:
            room.furniture.append(size)
            room.landlord.account.use(size, 1)
        return possible

    def leave(self, room: Room) -> bool:
        """The guest closes. Whether it is over: a landlord that has not answered yet is waited for."""
        if room.phase == "pending":
            room.unwanted = True
            return False
        self.over(room)
        return True

    def over(self, room: Room) -> None:
        """The session has ended at its server: the money goes back."""
        self._clear(room)
        room.deal.end()
        self.rooms.remove(room)

    def _clear(self, room: Room) -> None:
        if room.phase == "open":
            room.landlord.account.use(-sum(room.furniture), -1 - len(room.furniture))
            room.furniture.clear()

    def end_domain(self, member: Member, name: str) -> None:
        account = member.domains.pop(name)
        member.account.gain(account.ram, account.caps)
        member.sideline.pop(name).end()

    def gone(self, member: Member) -> None:
        """It and its family end: their sessions first, then their domains, then their budgets fall to the parent."""
        heir = member.parent
        assert heir is not None
        del heir.children[member.name]
        family = set(member.family())
        for room in list(self.rooms):
            if room.guest in family and room.landlord not in family and room.phase == "pending":
                room.unwanted = True                # until its server answers
            elif room.guest in family:
                self.over(room)
        bereft = [room for room in self.rooms if room.landlord in family]
        for room in bereft:
            self._clear(room)
        for one in member.family():
            for name in list(one.domains):
                self.end_domain(one, name)
            for deal in one.environment:
                deal.end()
        for one in member.family():
            heir.account.gain(one.account.ram, one.account.caps)
        for room in self.rooms:
            room.deal.inherit([one.account for one in family], heir.account)
        for room in bereft:             # their guests get all of it back, whatever the landlord did with it
            if room.unwanted:
                room.deal.end()
                self.rooms.remove(room)
            elif room.phase in ("pending", "open"):
                room.deal.settle()
                room.phase = "closed" if room.fetched else "denied"
