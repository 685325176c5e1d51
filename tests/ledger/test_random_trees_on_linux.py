"""The same rules of trade as in `test_random_trees` hold on Linux, where all are processes and die as such.

Houses are inits, persons are `trader`s, and both are killed at times. After each step core's books say what the model
says, and the host says what the books say: sizes of memory, limits of heaps. Afterwards, nothing is left.
"""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

from booted import PATIENCE, Booted, ChangingRom
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from init.town import PARENT_PROVIDES
from ledger.model import PAGE, Account, Member, Room, World
from ledger.test_host import descriptors
from offspring import children
from ports import ENTRIES, linux_machine

from bastide.core.ledger import LedgerAccount
from bastide.core.pd import HEAP_STEP, Pd
from bastide.tool.modules import Modules, shelves

EXAMPLES = int(os.environ.get("BASTIDE_EXAMPLES", "0"))
"""More than a few, and random ones, by hand: BASTIDE_EXAMPLES=500."""

TOP, ROM = "top", (6144, 3)
SPARED = (2 << 20, 40)
"""What a person must have left for the test to take something away: far more than a parent spares it."""

REFUSALS = ("OutOfRam", "OutOfCaps", "SessionDenied", "InsufficientRam", "InsufficientCaps")


class Colony:
    def __init__(self, town: Booted) -> None:
        self.town, self._steps, self._numbers = town, count(1), count(1)
        self.owned: dict[Member, list[int]] = {}
        self._granted: dict[Member, tuple[int, int]] = {}
        self._orders: dict[Member, ChangingRom] = {}
        self.world = World(TOP)
        self._configs = {self.world.top: ChangingRom(town, "config", self._config(self.world.top))}
        self._init = town.start("init", TOP, ram="160M", caps=8000)
        self._serve_until(lambda: len(self.accounts()) == 2 and self._init.account.caps.used > 0)
        self._serve_until(lambda: self._init.account.ram.limit + ROM[0] == 160 << 20)       # it has its config
        self.world.treasury = Account("", *self._limits(town.treasury))
        self.world.top.account = Account(TOP, *self._limits(self._init.account))
        self.adopt(self.world.top, False, "")
        self.adopt(self.world.top, False, "p1")
        house = self.adopt(self.world.top, True, "p1")
        self.adopt(house, False, "")
        self.adopt(house, False, "p4")
        self.adopt(house, False, "")
        self.endowment = self.world.top.account.ram, self.world.top.account.caps

    # growth

    def adopt(self, parent: Member, house: bool, landlord: str) -> Member:
        name = f"{'h' if house else 'p'}{next(self._numbers)}"
        ram, caps = (40 << 20, 2000) if house else (6 << 20, 150)
        child = self.world.born(name, house, parent, landlord, ram, caps)
        self._granted[child] = ram, caps
        self.owned[child] = []
        if house:
            self._configs[child] = ChangingRom(self.town, f"config-{name}", self._config(child))
        else:
            self._orders[child] = ChangingRom(self.town, f"orders-{name}", b"orders\n-\n")
        path = [house.account for house in child.houses]
        self.world.lasting(child, path, self.world.treasury, *ROM)      # its config, or its orders
        parent.starts[child] = ""
        self.apply(parent)
        label = child.label
        self._serve_until(lambda: label in self.accounts() and self._limits(self.accounts()[label]) ==
                          (child.account.ram, child.account.caps))
        if not house:
            self.tell(child, "mood")
            known = self.accounts()[label]
            child.account.used_ram, child.account.used_caps = known.ram.used, known.caps.used
        self.compare()
        return child

    def grant(self, child: Member, ram: int, caps: int) -> None:
        """Its parent's config assigns more to it, or less than it has left."""
        assert child.parent is not None
        before = self._granted[child]
        more = ram * PAGE, caps
        if any(gain < 0 and free + gain < spared
               for gain, free, spared in zip(more, child.account.free, SPARED, strict=True)):
            return
        self._granted[child] = before[0] + more[0], before[1] + more[1]
        self.apply(child.parent)
        child.account.gain(*more)
        child.parent.account.gain(-more[0], -more[1])

    def apply(self, house: Member) -> None:
        self._configs[house].change(self._config(house))

    def _config(self, house: Member) -> bytes:
        starts = "".join(self._start_node(child) for child in house.starts)
        provides = PARENT_PROVIDES.replace("service LOG", "service LOG\n  + service Room")
        return f"config\n{provides}{starts}\n-\n".encode()

    def _start_node(self, child: Member) -> str:
        target = f"child {child.landlord}" if child.landlord else "parent"
        ram, caps = self._granted[child]
        config = f"    + service ROM | label_last: config | + parent | label: config-{child.name}\n" * child.house
        return (f"+ start {child.name} | ram: {ram} | caps: {caps}\n  + binary {'init' if child.house else 'trader'}\n"
                f"  + provides | + service Room\n  + route\n{config}    + service Room | + {target}\n"
                "    + any-service | + parent\n")

    # acts

    def tell(self, person: Member, act: str, **details: int | str) -> str:
        """What it says about it; nothing if that was its end."""
        step = next(self._steps)
        attributes = "".join(f" | {key}: {value}" for key, value in details.items())
        self._orders[person].change(f"orders | step: {step}\n+ {act}{attributes}\n-\n".encode())
        if act in ("exit", "fault"):
            return ""
        said = f"[{person.label.removeprefix(f'{TOP} -> ')}] {step}: "
        self._serve_until(lambda: any(line.startswith(said) for line in self._init.lines))
        return next(line for line in self._init.lines if line.startswith(said)).removeprefix(said)

    def buy(self, person: Member, size: int) -> None:
        pages = -(-size // PAGE) * PAGE
        if self.tell(person, "buy", size=size) == "None":
            assert person.account.affords(pages, 1)
            person.account.use(pages, 1)
            self.owned[person].append(pages)
        else:
            assert not person.account.affords(pages + (1 << 20), 2), "but for what its heap takes"

    def sell(self, person: Member, which: int) -> None:
        if owned := self.owned[person]:
            which %= len(owned)
            assert self.tell(person, "sell", which=which) == "None"
            person.account.use(-owned.pop(which), -1)

    def squander(self, person: Member) -> None:
        if size := int(self.tell(person, "squander")):
            person.account.use(size, 1)

    def rent(self, guest: Member, ram: int, caps: int) -> None:
        id = 1000 + next(self._numbers)
        said = self.tell(guest, "rent", id=id, ram=ram, caps=caps)
        assert (said in REFUSALS) is not self.world.rent(id, guest, ram, caps), said

    def fetch(self, room: Room) -> None:
        self.compare()
        said, late = self.tell(room.guest, "fetch", id=room.id), time.monotonic() + PATIENCE / 1_000_000
        while room.phase == "open" and said == "False" and time.monotonic() < late:
            said = self.tell(room.guest, "fetch", id=room.id)   # its landlord has it in the books before it answers
        if room.phase in ("denied", "short"):
            assert said in REFUSALS
            self.world.over(room)
        elif room.phase == "closed":
            assert said == "SessionDenied"
        else:
            room.fetched = room.phase == "open"
            assert said == str(room.fetched)

    def pay(self, room: Room, ram: int, caps: int) -> None:
        if room.phase != "open" or not room.fetched:
            return
        said = self.tell(room.guest, "pay", id=room.id, ram=ram, caps=caps)
        assert (said in REFUSALS) is not room.guest.account.affords(ram, caps), said
        if said not in REFUSALS:
            room.deal.add(ram, caps)
            self.compare()

    def furnish(self, room: Room, pages: int) -> None:
        if room.phase == "open":
            said = self.tell(room.landlord, "furnish", id=room.id, size=pages * PAGE)
            assert (said == "None") is self.world.furnish(room, pages * PAGE), said

    def leave(self, room: Room) -> None:
        said = self.tell(room.guest, "leave", id=room.id)
        assert self.world.leave(room) or said == "PENDING"

    def mood(self, landlord: Member, slow: bool, unkind: bool) -> None:
        self.tell(landlord, "mood", slow=str(slow).lower(), unkind=str(unkind).lower())
        landlord.slow, landlord.unkind = slow, unkind
        self.world.answer(landlord)

    # ends

    def end(self, member: Member, how: str) -> None:
        parent = member.parent
        assert parent is not None
        if how == "removed":
            if any(other.landlord == member.name for other in parent.starts):
                return                          # those would be started anew
            del parent.starts[member]
            self.apply(parent)
        elif how == "killed" or member.house:
            self.domains()[member.label].domain.kill()
        else:
            self.tell(member, how)
        self.world.gone(member)

    def end_all(self) -> None:
        self.world.top.starts.clear()
        self.apply(self.world.top)
        for child in reversed(list(self.world.top.children.values())):      # who lodges at another was there later
            self.world.gone(child)
        self.compare()
        assert self.world.rooms == []
        top = self.world.top.account
        assert (top.ram, top.caps) == self._limits(self._init.account)

    # what holds

    def compare(self) -> None:
        """Serve until the books say what the model says; then, what the host says."""
        expected = self.world.accounts
        houses = {member.label for member in self.world.members if member.house} | {""}

        def differences() -> list[str]:
            known = self.accounts()
            found = [f"{name}: {name in known} {name in expected}" for name in known.keys() ^ expected.keys()]
            for name in known.keys() & expected.keys():
                rules, core = expected[name], known[name]
                if (limits := self._limits(core)) != (rules.ram, rules.caps):
                    found.append(f"{name}: {limits}, but it should be {rules.ram, rules.caps}")
                if name not in houses and (core.ram.used, core.caps.used) != (rules.used_ram, rules.used_caps):
                    found.append(f"{name}: uses {core.ram.used, core.caps.used}, not {rules.used_ram, rules.used_caps}")
            return found

        self._serve_until(lambda: not differences(), differences)
        for member in self.world.members:
            if member.house:                    # what init uses itself is its own business, if it is real
                known = self.accounts()[member.label]
                member.account.used_ram, member.account.used_caps = known.ram.used, known.caps.used
        for pd in self.domains().values():
            self._ask_the_host(pd)

    def _ask_the_host(self, pd: Pd) -> None:
        memory: Any = [dataspace.memory for dataspace in pd._memory.values()]
        sizes = sum(os.fstat(one._descriptor).st_size for one in memory)
        charged = pd.account.ram.used, pd.account.caps.used
        assert charged == (sizes, len(memory) + len(pd._identities)), pd.label
        domain: Any = pd.domain
        if (process := domain._process) is not None:
            allowed = domain._born_with + domain._machine.heap_allowance
            limit = allowed + max(0, pd.account.ram.avail) // HEAP_STEP * HEAP_STEP
            assert resource.prlimit(process.pid, resource.RLIMIT_DATA)[0] == limit, pd.label

    def domains(self) -> dict[str, Pd]:
        return {str(pd.label).removesuffix(" -> "): pd for pd in self.town.domains}

    def accounts(self) -> dict[str, LedgerAccount]:
        return {"": self.town.treasury} | {pd.account.name: pd.account for pd in self.town.domains}

    def _limits(self, account: LedgerAccount) -> tuple[int, int]:
        return account.ram.limit, account.caps.limit

    def _serve_until(self, condition: Callable[[], object], why: Callable[[], object] = str) -> None:
        """Core's books change without a word, so they are looked at whenever core has nothing to do."""
        gate, now = self.town.office.ep.gate, self.town.machine.kernel.now
        late = now() + PATIENCE
        while not condition():
            assert now() < late, f"{why()}\n" + "\n".join(self._init.lines[-30:])
            gate.alarm(now() + 500, self.town.office.ep.stop)
            self.town.office.ep.run()
        gate.alarm(None, self.town.office.ep.stop)


@contextmanager
def colony() -> Iterator[Colony]:
    with linux_machine(ENTRIES["linux"]) as machine:
        town = Booted(machine, Modules(None, shelves()).find)
        for module in ("init", "trader"):
            town.library.newest(module)         # its content stays in core
        empty = descriptors(town), children().keys()
        made = Colony(town)
        yield made
        made.end_all()
        made._init.destroy()
        town.close()
        machine.reap()
        deadline = time.monotonic() + 10
        while (left := (descriptors(town), children().keys())) != empty:
            assert time.monotonic() < deadline, (left, empty)


ACTS = ("buy", "buy", "sell", "rent", "rent", "rent", "fetch", "fetch", "pay", "furnish", "leave", "mood", "grant",
        "squander", "end", "adopt")
STEPS = st.tuples(st.sampled_from(ACTS), st.integers(0, 99), st.integers(0, 99), st.integers(0, 99))


def act(colony: Colony, what: str, who: int, one: int, two: int) -> None:
    """Numbers mean something else for each act."""
    people = [member for member in colony.world.members if not member.house]
    everybody = [member for member in colony.world.members if member.parent is not None]
    houses = [member for member in colony.world.members if member.house]
    rooms = [room for room in colony.world.rooms if not room.unwanted]
    if what in ("buy", "sell", "squander", "rent", "mood") and people:
        person = people[who % len(people)]
        match what:
            case "buy":
                colony.buy(person, 1 + one * 90_000)
            case "sell":
                colony.sell(person, one)
            case "squander":
                colony.squander(person)
            case "rent":
                colony.rent(person, 100 + one * 2_000 if one < 95 else 1 << 40, two % 12)
            case "mood":
                colony.mood(person, one % 3 == 0, two % 3 == 0)
    elif what in ("fetch", "pay", "furnish", "leave") and rooms:
        room = rooms[who % len(rooms)]
        match what:
            case "fetch":
                colony.fetch(room)
            case "pay":
                colony.pay(room, one * 4096, two % 5)
            case "furnish":
                colony.furnish(room, 1 + one % 20)
            case "leave":
                colony.leave(room)
    elif what == "grant" and everybody:
        colony.grant(everybody[who % len(everybody)], one - 50, two % 20 - 10)
    elif what == "end" and everybody:
        member = everybody[who % len(everybody)]
        if not member.house or one % 3 == 0:
            colony.end(member, ("killed", "killed", "exit", "fault", "removed")[two % 5])
    elif what == "adopt" and len(everybody) < 10:
        parent = houses[who % len(houses)]
        siblings = [child.name for child in parent.children.values() if not child.house]
        house = parent is houses[-1] and one % 4 == 0
        if parent.account.affords(*((50 << 20, 2300) if house else (9 << 20, 300))):
            colony.adopt(parent, house, siblings[two % len(siblings)] if siblings and two % 3 else "")
    colony.compare()


@settings(max_examples=EXAMPLES or 3, phases=list(Phase) if EXAMPLES else [Phase.generate])   # to shrink takes minutes
@given(st.lists(STEPS, min_size=20, max_size=60))
def test_budgets_are_exact_in_random_trees_of_processes_that_die(steps: list[tuple[str, int, int, int]]) -> None:
    with colony() as made:
        for step in steps:
            act(made, *step)
