"""Core as a client of what its child offers."""

from __future__ import annotations

import pytest
from init.hello import greet
from init.town import PARENT_PROVIDES, ROUTE, Program, Town

from bastide.base import BastideError, Capability, Env, Session, SessionDenied
from bastide.base.environment import Resources, Response
from bastide.session.hello import HelloSession

DONATION = Resources(1 << 16, 10)

SERVED = PARENT_PROVIDES + ROUTE + """
+ service Hello
  + default-policy
    + child greeter
+ start greeter
  + binary greet
  + provides | + service Hello
"""


class Visit:
    """What became of a request."""

    def __init__(self, town: Town, service: str = "Hello", label: str = "visitor") -> None:
        self.answers: list[Capability[Session] | BastideError] = []
        self.closed = 0
        self._town = town
        self.number = town.system.clients.open(service, {"label": label}, DONATION, self.answers.append)
        town.run()

    def close(self) -> None:
        def count() -> None:
            self.closed += 1

        self._town.system.clients.close(self.number, count)
        self._town.run()


def town(config: str = SERVED, programs: dict[str, Program] | None = None) -> Town:
    made = Town({"greet": greet, **(programs or {})}, config)
    made.run()
    return made


def test_core_calls_a_server_below_its_child_and_leaves_it() -> None:
    with town() as system:
        total, before = system.total, system.init_has
        visit = Visit(system)
        cap, = visit.answers
        assert isinstance(cap, Capability)
        assert system.lines("init -> greeter") == ["open 'visitor'"]
        HelloSession.stub(cap).say_hello()
        assert system.lines("init -> greeter")[-1] == "hello 'visitor'"
        assert system.init_has.ram > before.ram
        visit.close()
        assert visit.closed == 1
        assert system.lines("init -> greeter")[-1] == "close 'visitor'"
        assert (system.init_has, system.total) == (before, total)
        assert system.trouble == []


def test_a_further_donation_reaches_the_server_and_comes_back_in_the_end() -> None:
    with town() as system:
        total, before = system.total, system.init_has
        visit, upgrades = Visit(system), list[bool]()
        clients = system.system.clients
        clients.upgrade(visit.number, Resources(1 << 16, 3), lambda: upgrades.append(True))
        system.run()
        assert upgrades == [True]
        assert system.lines("init -> greeter")[-1] == "upgrade 'visitor' by 65536 and 3"
        visit.close()
        clients.upgrade(visit.number, Resources(1 << 16, 3), lambda: upgrades.append(True))
        assert len(upgrades) == 2               # there is nothing to wait for
        assert (system.init_has, system.total) == (before, total)


def test_a_refusal_is_an_error_and_the_donation_comes_back() -> None:
    with town(SERVED.replace("default-policy", "policy | label: somebody")) as system:
        before = system.init_has
        error, = Visit(system).answers
        assert isinstance(error, SessionDenied)
        assert "the service 'Hello' was refused (denied), the log says why" in str(error)
        assert system.init_has == before


def test_a_service_that_nobody_offers_stays_asked_for_until_it_is_given_up() -> None:
    with town() as system:
        visit = Visit(system, "Nothing")
        assert visit.answers == []
        system.system.clients.responded(visit.number, Response.DENIED)
        assert isinstance(visit.answers[0], SessionDenied)


def test_answers_that_nobody_waits_for_change_nothing() -> None:
    with town() as system:
        total = system.total
        visit = Visit(system)
        cap = visit.answers[0]
        assert isinstance(cap, Capability)
        clients = system.system.clients
        clients.delivered(visit.number, cap)
        clients.delivered(99, cap)
        clients.responded(99, Response.CLOSED)
        clients.responded(visit.number, Response.OK)
        assert len(visit.answers) == 1
        for _ in range(2):
            clients.responded(visit.number, Response.CLOSED)
        assert system.total == total


def test_a_child_that_kept_the_donation_is_not_driven_below_what_it_has() -> None:
    """It answers though it spent everything."""
    def spender(env: Env) -> object:
        from bastide.base import Rom, SignalHandler

        requests = Rom(env, "session_requests")

        def answer() -> None:
            requests.update()
            for request in requests.node.sub_nodes("create"):
                left = env.pd.quota()
                env.pd.alloc_ram((left.ram_limit - left.ram_used) & -4096)
                env.parent.session_response(request.attribute("id", 0), Response.DENIED)

        handler = SignalHandler(env, answer)
        requests.sigh(handler.cap)
        return handler

    with Town({"spender": spender}, "", binary="spender", quota=(1 << 20, 100)) as system:
        system.run()
        visit = Visit(system)
        assert isinstance(visit.answers[0], SessionDenied)
        assert system.system.account.ram_avail >= 0
        assert system.trouble == []


@pytest.mark.parametrize("label", ["a" * 300, "zero\0"])
def test_arguments_that_cannot_be_written_down_cost_nothing(label: str) -> None:
    with town() as system:
        before = system.init_has
        with pytest.raises(BastideError):
            Visit(system, label=label)
        assert system.init_has == before
