"""A donation is back with its client as soon as the session is over at the server, through any number of parents.

The client need not ask, nor even know: it may never do. What a server has spent is missing at the client, who chose it,
and at none of the parents in between.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ledger.settlement import TOP, Fault, Settlement, start_node

from bastide.base import BastideError, Bytes, Env
from bastide.base.environment import Progress, Resources
from bastide.base.session import ANYWHERE

DONATION = Resources(64 << 10, 10)
STATE = 80
KEPT = Resources(-STATE)
LANDLORD = "top -> landlord"
PATHS = {"siblings": [], "a parent between": ["inn"], "two parents between": ["inn", "attic"]}
"""Houses from the top, where the landlord lives, to the guest."""


class Trade:
    def __init__(self, houses: list[str]) -> None:
        self.settlement = Settlement()
        self._houses = houses
        self.arrange("landlord")
        self.home = " -> ".join([TOP, *houses])
        self.guest = f"{self.home} -> guest"
        self.before = self.limits()

    def arrange(self, landlord: str) -> None:
        """Who wants a room is sent to this one, from the top."""
        parent, starts = TOP, start_node("landlord", "person", 4 << 20, 200, "")
        for house, size in zip(self._houses, (32 << 20, 16 << 20), strict=False):
            self.settlement.apply(parent, starts + start_node(house, "house", size, 2000, landlord))
            parent, starts, landlord = house, "", ""
        self.settlement.apply(parent, starts + start_node("guest", "person", 4 << 20, 200, landlord))

    def limits(self) -> dict[str, Resources]:
        return {name: Resources(account.ram.limit, account.caps.limit)
                for name, account in self.settlement.accounts().items()}

    def request(self) -> None:
        ram, caps = DONATION.ram, DONATION.caps
        self.settlement.tell("guest", lambda env: env.parent.session(
            20, "Room", f'label="r", ram_quota={ram}, cap_quota={caps}', ANYWHERE))

    def fetch(self) -> None:
        assert self.settlement.tell("guest", lambda env: env.parent.session_cap(20)) is not None

    def pay_more(self) -> None:
        assert isinstance(self.settlement.tell("guest", lambda env: env.parent.upgrade(20, DONATION)), Progress)

    def leave(self) -> object:
        """The guest closes the session; what its parent said first."""
        return self.settlement.tell("guest", lambda env: env.parent.close(20))

    def mood(self, **mood: bool) -> None:
        person = self.settlement.persons["landlord"]

        def change(env: Env) -> None:
            vars(person).update(mood)
            person.root.retry()

        self.settlement.tell("landlord", change)

    def end(self) -> None:
        def fault(env: Env) -> None:
            raise Fault

        self.settlement.tell("landlord", fault)

    def squander(self) -> None:
        """The landlord spends all it has."""
        def spend(env: Env) -> None:
            env.pd.alloc_ram(env.pd.quota().ram_avail // 4096 * 4096)

        assert not isinstance(self.settlement.tell("landlord", spend), BastideError)

    def missing(self) -> dict[str, Resources]:
        """What guest and parents have less than before. Without the landlord, the top has what that one had, too."""
        now = self.limits()
        heirs = {""} if LANDLORD in now else {"", TOP}
        return {name: Resources(before.ram - now[name].ram, before.caps - now[name].caps)
                for name, before in self.before.items() if name not in {LANDLORD, *heirs} and before != now[name]}


@pytest.fixture(params=PATHS)
def trade(request: pytest.FixtureRequest) -> Iterator[Trade]:
    made = Trade(PATHS[request.param])
    yield made
    made.settlement.close()


@pytest.mark.parametrize("state", ["requested", "available", "open", "upgraded"])
def test_when_the_server_ends_its_clients_have_all_back_at_once(trade: Trade, state: str) -> None:
    trade.mood(slow=state == "requested")
    trade.request()
    if state in ("open", "upgraded"):
        trade.fetch()
    if state == "upgraded":
        trade.pay_more()
    trade.end()
    missing = trade.missing()
    assert missing.pop(trade.home, KEPT) == KEPT
    assert missing == {trade.guest: Resources(STATE)}, "but for the state that its parent keeps until it closes"
    assert trade.leave() is Progress.DONE
    assert trade.missing() == {}


def test_a_refusal_gives_all_back_at_once(trade: Trade) -> None:
    trade.mood(unkind=True)
    trade.request()
    assert trade.missing() == {trade.guest: Resources(STATE), trade.home: KEPT}
    assert isinstance(trade.settlement.tell("guest", lambda env: env.parent.session_cap(20)), BastideError)
    assert trade.missing() == {}


def test_what_a_server_squandered_is_missing_at_its_client_and_at_no_parent(trade: Trade) -> None:
    trade.request()
    trade.fetch()
    trade.squander()
    assert trade.leave() is Progress.PENDING
    assert trade.leave() is Progress.SHORT
    missing = trade.missing()
    lost = missing.pop(trade.guest)
    assert missing == {}
    assert DONATION.ram - 8192 < lost.ram <= DONATION.ram and lost.caps == 0
    assert trade.settlement.town.said(f"guest: could not revert session RAM quota ({Bytes(lost.ram)}, donated for Room")
    assert trade.settlement.tell("guest", lambda env: env.parent.lost(20)) == lost
    assert trade.leave() is Progress.DONE, "it was told once"


def test_a_session_that_the_config_takes_away_gives_all_back_at_once(trade: Trade) -> None:
    trade.request()
    trade.fetch()
    trade.arrange("nobody")
    assert trade.missing() in ({}, {trade.guest: Resources(STATE), trade.home: KEPT})
    assert trade.leave() is Progress.DONE
    assert trade.missing() == {}
