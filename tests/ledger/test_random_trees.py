"""Budgets are exact in random trees, whatever happens in them, in whatever order.

Houses and persons come and go; persons rent rooms at one another, through as many parents as lie between them, pay more
for them, have them furnished at their own expense, give them back or simply end. After each step core's books say what
the rules of trade (`model`) say, for every account; and they say no less in use than what core really keeps.
"""

from __future__ import annotations

import os
from itertools import count
from typing import Any, NamedTuple

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from ledger.model import ENVIRONMENT, PAGE, Account, Deal, Member, Room, World
from ledger.settlement import CAPS, RAM, TOP, Fault, Settlement, start_node

from bastide.base import (
    BastideError,
    Capability,
    Dataspace,
    Env,
    OutOfCaps,
    OutOfRam,
    RamDataspace,
    SessionDenied,
    SignalHandler,
)
from bastide.base.environment import PdSession, Progress, Resources
from bastide.base.errors import QuotaExceeded, UnrelatedAccount
from bastide.base.session import ANYWHERE

EXAMPLES = int(os.environ.get("BASTIDE_EXAMPLES", "25"))
"""More of them by hand: BASTIDE_EXAMPLES=5000."""

REFUSALS = (OutOfRam, OutOfCaps, QuotaExceeded, UnrelatedAccount, SessionDenied)

sizes = st.integers(1, 40 * PAGE) | st.integers(1, 1 << 22) | st.sampled_from([1 << 40, (1 << 63) - 1])
amounts = st.sampled_from([0, 4096, 30_000]) | st.integers(0, 1 << 20) | st.sampled_from([-1, 1 << 62, (1 << 63) - 1])
counts = st.integers(0, 9) | st.integers(0, 40) | st.sampled_from([-1, 100_000])
picks = st.integers(0, 40)


class Figures(NamedTuple):
    ram: int
    caps: int
    used_ram: int
    used_caps: int


def pages(size: int) -> int:
    return -(-size // PAGE) * PAGE


class Trees(RuleBasedStateMachine):
    @initialize()
    def found(self) -> None:
        self.settlement = Settlement()
        self.numbers = count(1)
        self.domains: dict[str, PdSession] = {}
        self.world = World(TOP)
        self.top = self.world.top
        accounts = self.settlement.accounts()
        for account in (self.world.treasury, self.top.account):
            known = accounts[account.name]
            account.gain(known.ram.limit, known.caps.limit)
            account.use(known.ram.used, known.caps.used)
        self.endowment = self.top.account.ram, self.top.account.caps
        for parent, house, landlord in ((0, False, False), (0, False, True), (0, True, True), (2, False, False),
                                        (2, False, True)):
            houses = [self.top, *(member for member in self.top.children.values() if member.house)]
            self.start(houses[bool(parent)], house, landlord, (4 if parent else 16) << 20, 200 if parent else 800)

    # who there is

    def choose(self, pick: int, wanted: str = "") -> Member | None:
        found = [member for member in self.world.members if not wanted or member.house is (wanted == "house")]
        return found[pick % len(found)] if found else None

    def room(self, pick: int, *phases: str) -> Room | None:
        found = [room for room in self.world.rooms if room.phase in phases]
        return found[pick % len(found)] if found else None

    def tell(self, member: Member, action: Any) -> Any:
        return self.settlement.tell(member.name, action)

    # growth

    @rule(pick=picks, house=st.booleans(), lodges=picks, ram=st.integers(600_000, 24 << 20), caps=st.integers(60, 900))
    def adopt(self, pick: int, house: bool, lodges: int, ram: int, caps: int) -> None:
        """A house starts a child: as much of its quota as the house has, but never more."""
        parent = self.choose(pick, "house")
        if parent is None or not parent.account.affords(1 << 20, 150) or len(parent.houses) > 2:
            return
        self.start(parent, house, bool(lodges % 4), ram, caps, lodges)

    def start(self, parent: Member, house: bool, lodges: bool, ram: int, caps: int, pick: int = 0) -> None:
        """`lodges`: its landlord is a sibling, if there is one."""
        persons = [child.name for child in parent.children.values() if not child.house]
        landlord = persons[pick % len(persons)] if persons and lodges else ""
        name = f"{'h' if house else 'p'}{next(self.numbers)}"
        child = self.world.born(name, house, parent, landlord, ram, caps)
        parent.starts[child] = start_node(name, "house" if house else "person", ram, caps, landlord)
        self.apply(parent)
        self.look_at(child)

    def look_at(self, *members: Member) -> None:
        """What the framework itself uses in a component is not the model's business, as long as it is real."""
        accounts = self.settlement.accounts()
        for member in members:
            known = accounts[member.label]
            member.account.used_ram, member.account.used_caps = known.ram.used, known.caps.used

    def apply(self, house: Member) -> None:
        self.settlement.apply(house.name, "".join(house.starts.values()))

    # what one has for oneself

    @rule(pick=picks, size=sizes)
    def buy(self, pick: int, size: int) -> None:
        member = self.choose(pick, "person")
        if member is None:
            return
        person = self.settlement.persons[member.name]
        result = self.tell(member, lambda env: person.owned.append(RamDataspace(env.account, size)))
        if isinstance(result, REFUSALS):
            avail = person.env.account.ram.avail, person.env.account.caps.avail
            assert not member.account.affords(pages(size), 1) or pages(size) > avail[0] or avail[1] < 1
        else:
            assert result is None
            member.account.use(pages(size), 1)

    @rule(pick=picks, number=st.integers(1, 30))
    def listen(self, pick: int, number: int) -> None:
        member = self.choose(pick, "person")
        if member is None:
            return
        person = self.settlement.persons[member.name]

        def act(env: Env) -> int:
            made = 0
            try:
                for _ in range(number):
                    person.owned.append(SignalHandler(env, lambda: None))
                    made += 1
            except OutOfCaps:
                return made
            return made

        made = self.tell(member, act)
        assert made == number or not member.account.affords(0, made + 1) or person.env.account.caps.avail == 0
        member.account.use(0, made)

    @rule(pick=picks, which=picks)
    def sell(self, pick: int, which: int) -> None:
        member = self.choose(pick, "person")
        if member is None or not (owned := self.settlement.persons[member.name].owned):
            return
        thing = owned.pop(which % len(owned))
        price = (thing.size, 1) if isinstance(thing, RamDataspace) else (0, 1)
        assert self.tell(member, lambda env: thing.close()) is None
        member.account.use(-price[0], -price[1])

    @rule(pick=picks, which=picks)
    def free_what_belongs_to_another(self, pick: int, which: int) -> None:
        """Nothing happens, least of all to the books."""
        thief, victim = self.choose(pick, "person"), self.choose(which, "person")
        if thief is None or victim is None or thief is victim:
            return
        owned = [thing for thing in self.settlement.persons[victim.name].owned if isinstance(thing, RamDataspace)]
        if owned:
            self.steal(thief, victim, owned[0].cap)

    def steal(self, thief: Member, victim: Member, cap: Capability[Dataspace]) -> None:
        """The in-process kernel knows handles of one's own only: pass the capability on by way of core."""
        space = self.settlement.persons[victim.name].env.kernel._space  # type: ignore[attr-defined]
        mine = self.settlement.persons[thief.name].env.kernel._space  # type: ignore[attr-defined]
        [handle] = mine.import_caps(space.export_caps((cap.handle,)))
        stolen = Capability[Dataspace](handle, Dataspace, self.settlement.persons[thief.name].env.kernel)
        self.tell(thief, lambda env: env.pd.free_ram(stolen))

    # domains of one's own: the accounts of a parent without a child

    @rule(pick=picks)
    def open_domain(self, pick: int) -> None:
        member = self.choose(pick, "person")
        if member is None or not member.account.affords(400_000, 30):
            return
        name = f"d{next(self.numbers)}"
        person = self.settlement.persons[member.name]

        def act(env: Env) -> None:
            pd = self.domains[name] = PdSession.connect(env, name)
            pd.ref_account(env.pd_cap)
            env.pd.transfer_quota(pd.cap, Resources(100_000, 10))

        if isinstance(self.tell(member, act), REFUSALS):
            assert not person.env.account.ram.avail >= 196608 or person.env.account.caps.avail < 13
            return
        deal = Deal(member.account, [house.account for house in member.houses],
                    self.world.treasury, *ENVIRONMENT[0])
        deal.begin()
        member.sideline[name] = deal
        member.account.gain(-100_000, -10)
        member.domains[name] = Account(f"{member.label} -> {name}", 100_000, 10)

    def domain(self, pick: int) -> tuple[Member, str] | None:
        found = [(member, name) for member in self.world.members for name in member.domains]
        return found[pick % len(found)] if found else None

    @rule(pick=picks, ram=amounts, caps=counts, forth=st.booleans())
    def transfer(self, pick: int, ram: int, caps: int, forth: bool) -> None:
        if (chosen := self.domain(pick)) is None:
            return
        member, name = chosen
        pd, amount = self.domains[name], Resources(ram, caps)
        giver, taker = member.account, member.domains[name]
        if not forth:
            giver, taker = taker, giver
        result = self.tell(member, lambda env: env.pd.transfer_quota(pd.cap, amount) if forth else
                           pd.transfer_quota(env.pd_cap, amount))
        possible = ram >= 0 and caps >= 0 and giver.affords(ram, caps)
        assert isinstance(result, QuotaExceeded) is not possible, result
        if possible:
            giver.gain(-ram, -caps)
            taker.gain(ram, caps)

    @rule(pick=picks, other=picks, taken=st.tuples(amounts, counts), given=st.tuples(amounts, counts))
    def relay(self, pick: int, other: int, taken: tuple[int, int], given: tuple[int, int]) -> None:
        if (chosen := self.domain(pick)) is None:
            return
        member, name = chosen
        names = list(member.domains)
        second = names[other % len(names)]
        source, target, own = member.domains[name], member.domains[second], member.account
        one, two = self.domains[name].cap, self.domains[second].cap
        result = self.tell(member, lambda env: env.pd.relay_quota(one, two, Resources(*taken), Resources(*given)))
        possible = min(*taken, *given) >= 0 and source.affords(*taken)
        if possible:
            source.gain(-taken[0], -taken[1])
            own.gain(*taken)
            if own.affords(*given):
                own.gain(-given[0], -given[1])
                target.gain(*given)
            else:
                possible = False
                own.gain(-taken[0], -taken[1])
                source.gain(*taken)
        assert isinstance(result, QuotaExceeded) is not possible, result

    @rule(pick=picks, size=sizes)
    def furnish_domain(self, pick: int, size: int) -> None:
        if (chosen := self.domain(pick)) is None:
            return
        member, name = chosen
        result = self.tell(member, lambda env: self.domains[name].alloc_ram(size))
        possible = member.domains[name].affords(pages(size), 1)
        assert isinstance(result, OutOfRam | OutOfCaps) is not possible, result
        if possible:
            member.domains[name].use(pages(size), 1)

    @rule(pick=picks)
    def close_domain(self, pick: int) -> None:
        if (chosen := self.domain(pick)) is None:
            return
        member, name = chosen
        assert self.tell(member, lambda env: self.domains[name].close()) is None
        self.world.end_domain(member, name)

    # rooms

    @rule(pick=picks, ram=st.sampled_from([8192, 60_000]) | st.integers(0, 80_000) | st.just(1 << 40),
          caps=st.sampled_from([2, 5]) | counts, at_once=st.booleans())
    def rent(self, pick: int, ram: int, caps: int, at_once: bool) -> None:
        guest = self.choose(pick, "person")
        if guest is None or caps < 0:
            return
        id = 1000 + next(self.numbers)
        result = self.tell(guest, lambda env: env.parent.session(
            id, "Room", f'label="r{id}", ram_quota={ram}, cap_quota={caps}', ANYWHERE))
        accepted = self.world.rent(id, guest, ram, caps)
        assert isinstance(result, BastideError) is not accepted, result
        if accepted and at_once:
            self.fetch_room(self.world.rooms[-1])

    @rule(pick=picks, slow=st.sampled_from([False, False, True]), unkind=st.sampled_from([False, False, True]))
    def change_mood(self, pick: int, slow: bool, unkind: bool) -> None:
        member = self.choose(pick, "person")
        if member is None:
            return
        person = self.settlement.persons[member.name]

        def act(env: Env) -> None:
            person.slow, person.unkind = slow, unkind
            person.root.retry()

        self.tell(member, act)
        member.slow, member.unkind = slow, unkind
        self.world.answer(member)

    @rule(pick=picks)
    def fetch(self, pick: int) -> None:
        """A guest looks what became of its request."""
        room = self.room(pick, "open", "pending", "denied", "short")
        if room is not None and not room.unwanted:
            self.fetch_room(room)

    def fetch_room(self, room: Room) -> None:
        result = self.tell(room.guest, lambda env: env.parent.session_cap(room.id))
        if room.phase in ("denied", "short"):
            assert isinstance(result, BastideError), result
            self.world.over(room)
        else:
            assert (result is None) is (room.phase == "pending"), result
            room.fetched = room.phase == "open"

    @rule(pick=picks, ram=amounts, caps=counts)
    def pay_more(self, pick: int, ram: int, caps: int) -> None:
        room = self.room(pick, "open")
        if room is None or room.unwanted or not room.fetched:
            return
        result = self.tell(room.guest, lambda env: env.parent.upgrade(room.id, Resources(ram, caps)))
        if ram < 0 or caps < 0 or not room.guest.account.affords(ram, caps):
            assert isinstance(result, OutOfRam | OutOfCaps), result
        else:
            assert isinstance(result, Progress), result
            room.deal.add(ram, caps)

    @rule(pick=picks, size=st.sampled_from([1, PAGE]) | sizes)
    def furnish(self, pick: int, size: int) -> None:
        """The landlord buys something from what the guest donated: that, and no more."""
        room = self.room(pick, "open")
        if room is None:
            return
        mine = self.settlement.persons[room.landlord.name].rooms[f"r{room.id}"]
        result = self.tell(room.landlord, lambda env: mine.furnish(size))
        assert isinstance(result, OutOfRam | OutOfCaps) is not self.world.furnish(room, pages(size)), result

    @rule(pick=picks)
    def leave(self, pick: int) -> None:
        room = self.room(pick, "pending", "denied", "short", "open", "closed")
        if room is None or room.unwanted:
            return
        result = self.tell(room.guest, lambda env: env.parent.close(room.id))
        assert self.world.leave(room) or result is Progress.PENDING

    @rule(pick=picks)
    def squander(self, pick: int) -> None:
        """A landlord spends on itself what its guests donated: they lose it, and nobody else does."""
        member = self.choose(pick // 5, "person")
        if pick % 5 or member is None:
            return
        size = member.account.free[0] // PAGE * PAGE
        if not size or not member.account.affords(size, 1):
            return
        assert not isinstance(self.tell(member, lambda env: env.pd.alloc_ram(size)), BastideError)
        member.account.use(size, 1)

    # ends

    @rule(pick=picks, how=st.sampled_from(["exit", "fault", "removed"]))
    def end(self, pick: int, how: str) -> None:
        member = self.choose(pick)
        if member is None or member.parent is None or (member.house and pick % 3):
            return
        if how == "removed":
            if not any(other.landlord == member.name for other in member.parent.starts):
                self.remove(member)     # else those who lodge there would be started anew
            return

        def fault(env: Env) -> None:
            raise Fault

        self.tell(member, fault if how == "fault" else lambda env: env.exit(0))
        self.world.gone(member)

    def remove(self, member: Member) -> None:
        """Its parent's config mentions it no more."""
        house = member.parent
        assert house is not None
        del house.starts[member]
        self.apply(house)
        if member.name in house.children:
            self.world.gone(member)

    # what holds

    @invariant()
    def the_books_are_as_the_rules_of_trade_say(self) -> None:
        if not hasattr(self, "settlement"):
            return
        expected = self.world.accounts
        known = self.settlement.accounts()
        assert known.keys() == expected.keys()
        self.look_at(*(member for member in self.world.members if member.house))
        for name, account in known.items():
            core = Figures(account.ram.limit, account.caps.limit, account.ram.used, account.caps.used)
            rules = expected[name]
            assert core == Figures(rules.ram, rules.caps, rules.used_ram, rules.used_caps), name

    @invariant()
    def nothing_is_made_or_lost(self) -> None:
        if hasattr(self, "settlement"):
            known = self.settlement.accounts().values()
            assert (sum(one.ram.limit for one in known), sum(one.caps.limit for one in known)) == (RAM, CAPS)

    @invariant()
    def what_is_used_is_what_core_keeps(self) -> None:
        if not hasattr(self, "settlement"):
            return
        for pd in self.settlement.domains():
            memory = sum(dataspace.memory.size for dataspace in pd._memory.values())
            assert (pd.account.ram.used, pd.account.caps.used) == (memory, len(pd._memory) + len(pd._identities))
            assert 0 <= pd.account.ram.used <= pd.account.ram.limit
            assert 0 <= pd.account.caps.used <= pd.account.caps.limit

    @invariant()
    def core_itself_has_no_trouble(self) -> None:
        if hasattr(self, "settlement"):
            assert list(self.settlement.town.system.office.trouble) == []

    def teardown(self) -> None:
        """After all have gone, all is back."""
        if not hasattr(self, "settlement"):
            return
        try:
            for child in reversed(list(self.top.starts)):       # who lodges at another was there later
                self.remove(child)
                self.the_books_are_as_the_rules_of_trade_say()
            assert self.world.rooms == []
            assert set(self.settlement.accounts()) == {"", TOP}
            assert (self.top.account.ram, self.top.account.caps) == self.endowment
        finally:
            self.settlement.close()


def test_budgets_are_exact_in_random_trees() -> None:
    run_state_machine_as_test(Trees, settings=settings(
        max_examples=EXAMPLES, stateful_step_count=40, suppress_health_check=list(HealthCheck)))
