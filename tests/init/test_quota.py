"""Quota is neither made nor lost, whatever happens to clients and servers, in whatever phase of a session."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from init.puppet import Action, Puppets

from bastide.base import Capability, Env, IpcError, OutOfCaps, OutOfRam, Session, SessionDenied
from bastide.base.environment import LogSession, Progress, Resources, Response
from bastide.base.session import ANYWHERE
from bastide.init.child import Child
from bastide.init.session_state import Phase, SessionState

CHILDREN = """
+ start server | + binary puppet
  + provides | + service Hello
+ start client | + binary puppet
"""

GONE = "exit", "removed", "faulted"


def open_session(id: int = 20, ram: int = 8192, caps: int = 2, label: str = "desk") -> Action:
    args = f'label="{label}", ram_quota={ram}, cap_quota={caps}'
    return lambda env: env.parent.session(id, "Hello", args, ANYWHERE)


def deliver(id: int = 1) -> Action:
    return lambda env: env.parent.deliver_session_cap(id, Capability(env.pd_cap.handle, env.pd_cap.interface,
                                                                     env.pd_cap.kernel))


def respond(response: Response, id: int = 1) -> Action:
    return lambda env: env.parent.session_response(id, response)


def limits(env: Env) -> Resources:
    quota = env.pd.quota()
    return Resources(quota.ram_limit, quota.cap_limit)


def look_at_requests(env: Env) -> Any:
    """Open the session requests: from then on, requests may have been seen."""
    from bastide.base import Rom
    return Rom(env, "session_requests").text.decode()


CREATING: list[tuple[str, Action]] = [("server", look_at_requests), ("client", open_session())]
AVAILABLE = [*CREATING, ("server", deliver())]
PHASES: dict[str, list[tuple[str, Action]]] = {
    "nothing": [],
    "unseen": [("client", open_session())],
    "creating": [*CREATING, ("server", look_at_requests)],
    "unwanted": [*CREATING, ("server", look_at_requests), ("client", lambda env: env.parent.close(20))],
    "denied": [*CREATING, ("server", respond(Response.DENIED))],
    "insufficient": [*CREATING, ("server", respond(Response.INSUFFICIENT_RAM))],
    "available": AVAILABLE,
    "open": [*AVAILABLE, ("client", lambda env: env.parent.session_cap(20))],
    "upgrading": [*AVAILABLE, ("client", lambda env: env.parent.session_cap(20)),
                  ("client", lambda env: env.parent.upgrade(20, Resources(4096, 1)))],
    "closing": [*AVAILABLE, ("client", lambda env: env.parent.close(20))],
    "closed": [*AVAILABLE, ("client", lambda env: env.parent.session_cap(20)),
               ("server", respond(Response.CLOSED))],
}


def end(puppets: Puppets, name: str, how: str) -> None:
    if how == "exit":
        puppets.tell(name, lambda env: env.exit(0))
    elif how == "removed":
        other = "client" if name == "server" else "server"
        puppets.apply("\n+ start " + CHILDREN.split("\n+ start ")[1 if other == "server" else 2])
    else:
        class Fault(BaseException):
            """No error that a component survives."""

        def fault(env: Env) -> None:
            raise Fault

        puppets.tell(name, fault)


@pytest.mark.parametrize("how", GONE)
@pytest.mark.parametrize("who", ["client", "server"])
@pytest.mark.parametrize("phase", PHASES)
def test_all_quota_returns_if_one_side_vanishes_and_then_the_other(phase: str, who: str, how: str) -> None:
    with Puppets(CHILDREN) as puppets:
        for name, action in PHASES[phase]:
            puppets.tell(name, action)
        total = puppets.town.total
        end(puppets, who, how)
        assert puppets.town.total == total
        puppets.apply("")
        assert puppets.town.total == total
        assert puppets.town.init_has == puppets.before
        assert puppets.town.system.account.caps.used == 4, "handlers: for the test, faults, answers, heartbeats"


@pytest.mark.parametrize("by", ["its end", "closing it"])
def test_a_session_that_its_server_ends_before_the_client_got_it_costs_the_client_nothing(by: str) -> None:
    with Puppets(CHILDREN) as puppets:
        before = puppets.tell("client", lambda env: env.pd.quota())
        for name, action in AVAILABLE:
            puppets.tell(name, action)
        puppets.tell("server", (lambda env: env.exit(0)) if by == "its end" else respond(Response.CLOSED))
        answer = puppets.tell("client", lambda env: env.parent.session_cap(20))
        assert isinstance(answer, SessionDenied)
        assert str(answer) == 'child "server" answered DENIED to the request for Hello'
        assert puppets.tell("client", lambda env: env.pd.quota()) == before


def test_a_session_of_which_the_answer_is_lost_costs_the_client_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def open_it(env: Env) -> str:
        with pytest.raises(IpcError):
            LogSession.connect(env, "lost")
        with LogSession.connect(env, "found") as log:
            log.write("here")
        return f"{env.account.ram.used} {env.account.caps.used} {env.pd.quota()}"

    def use(env: Env) -> str:
        with LogSession.connect(env):
            pass
        return f"{env.account.ram.used} {env.account.caps.used} {env.pd.quota()}"

    with Puppets(CHILDREN) as puppets:
        before = puppets.tell("client", use)
        lose_an_answer(monkeypatch)
        assert puppets.tell("client", open_it) == before
        assert puppets.town.lines("init -> client -> found") == ["here"]


def lose_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """As when a server dies after it opened a session, and its capability can't be passed on any more."""
    pick_up = Child._picked_up

    def lose(child: Child, session: SessionState) -> Capability[Session] | None:
        if session.environment:
            return pick_up(child, session)
        session.phase = Phase.HANDED_OUT
        monkeypatch.undo()
        raise IpcError("the capability is gone")

    monkeypatch.setattr(Child, "_picked_up", lose)


@pytest.mark.parametrize("phase", ["unseen", "creating", "denied", "insufficient", "available", "open", "upgrading"])
def test_a_client_that_closes_gets_its_donation_back(phase: str) -> None:
    with Puppets(CHILDREN) as puppets:
        before = puppets.tell("client", limits)
        for name, action in PHASES[phase]:
            puppets.tell(name, action)
        if puppets.tell("client", lambda env: env.parent.close(20)) is Progress.PENDING:
            assert puppets.tell("client", lambda env: env.parent.close(20)) is Progress.PENDING
            puppets.tell("server", deliver())
            puppets.tell("server", respond(Response.CLOSED))
            assert puppets.tell("client", lambda env: env.parent.close(20)) is Progress.DONE
        assert puppets.tell("client", limits) == before


def test_the_server_gets_what_the_client_donates_less_the_cost_of_the_session() -> None:
    with Puppets(CHILDREN) as puppets:
        client, server = puppets.tell("client", limits), puppets.tell("server", limits)
        puppets.tell("client", open_session(ram=8192, caps=2))
        assert puppets.tell("client", limits) == Resources(client.ram - 8192, client.caps - 2)
        assert puppets.tell("server", limits) == Resources(server.ram + 8192 - 80, server.caps + 2)


def test_a_client_cannot_donate_what_it_does_not_have() -> None:
    with Puppets(CHILDREN) as puppets:
        before = puppets.town.total
        assert isinstance(puppets.tell("client", open_session(ram=1 << 40)), OutOfRam)
        assert isinstance(puppets.tell("client", open_session(ram=(1 << 64) - 1)), OutOfRam)
        assert isinstance(puppets.tell("client", open_session(caps=5000)), OutOfCaps)
        assert puppets.town.total == before
        assert puppets.tell("client", open_session()) is None


def test_a_server_that_spent_a_donation_is_told_and_its_client_bears_the_loss() -> None:
    with Puppets(CHILDREN) as puppets:
        for name, action in PHASES["open"]:
            puppets.tell(name, action)
        total = puppets.town.total
        puppets.tell("server", lambda env: env.pd.alloc_ram(env.pd.quota().ram_avail // 4096 * 4096))
        puppets.tell("client", lambda env: env.parent.close(20))
        puppets.tell("server", respond(Response.CLOSED))
        assert puppets.town.said("Warning: client: could not revert session RAM quota (")
        assert puppets.town.total == total


_IDS = st.integers(0, 4)
_STEPS = st.one_of(
    st.tuples(st.sampled_from(["a", "b"]), st.builds(
        lambda id, ram, caps: ("open", open_session(16 + id, ram, caps)), _IDS,
        st.sampled_from([0, 79, 80, 4096, 300_000, 1 << 50]), st.integers(0, 40))),
    st.tuples(st.sampled_from(["a", "b"]), st.builds(
        lambda id: ("pick up", lambda env: env.parent.session_cap(16 + id)), _IDS)),
    st.tuples(st.sampled_from(["a", "b"]), st.builds(
        lambda id, ram, caps: ("upgrade", lambda env: env.parent.upgrade(16 + id, Resources(ram, caps))), _IDS,
        st.integers(-10, 100_000), st.integers(-2, 30))),
    st.tuples(st.sampled_from(["a", "b"]), st.builds(
        lambda id: ("close", lambda env: env.parent.close(16 + id)), _IDS)),
    st.tuples(st.just("s"), st.builds(lambda id: ("deliver", deliver(id)), st.integers(0, 8))),
    st.tuples(st.just("s"), st.builds(lambda id, response: ("respond", respond(response, id)), st.integers(0, 8),
                                      st.sampled_from(list(Response)))),
    st.tuples(st.just("s"), st.just(("look", look_at_requests))),
    st.tuples(st.just("s"), st.just(("spend", lambda env: env.pd.alloc_ram(1 << 19)))),
    st.tuples(st.sampled_from(["a", "b", "s"]), st.just(("exit", lambda env: env.exit(0)))),
)


@settings(max_examples=60)
@given(st.lists(_STEPS, max_size=25))
def test_quota_is_conserved_whatever_children_do_in_whatever_order(steps: list[Any]) -> None:
    with Puppets("""
+ start s | + binary puppet
  + provides | + service Hello
+ start a | + binary puppet
+ start b | + binary puppet
""") as puppets:
        total = puppets.town.total
        for name, (_, action) in steps:
            puppets.tell(name, action)
            assert puppets.town.total == total
        puppets.apply("")
        assert puppets.town.total == total
        assert puppets.town.init_has == puppets.before
        assert puppets.town.trouble == []


def test_an_id_in_use_is_denied_and_both_requests_are_named() -> None:
    with Puppets(CHILDREN) as puppets:
        puppets.tell("client", open_session(20))
        assert isinstance(puppets.tell("client", open_session(20)), SessionDenied)
        assert isinstance(puppets.tell("client", open_session(3)), SessionDenied)
        said = puppets.town.lines("init")
        assert said[-4] == ('Error: client requested conflicting session ID 20 (service=Hello args=label="desk", '
                            "ram_quota=8192, cap_quota=2)")
        assert said[-3].startswith("Error: existing session: service=Hello")
        assert said[-2].startswith("Error: client requested conflicting session ID 3 ")
        assert said[-1].startswith("Error: existing session: service=LOG")


@pytest.mark.parametrize("how", ["close", "exit"])
def test_a_session_that_nobody_wants_any_more_is_closed_as_soon_as_it_is_delivered(how: str) -> None:
    with Puppets(CHILDREN) as puppets:
        before = puppets.tell("server", limits)
        for name, action in PHASES["creating"]:
            puppets.tell(name, action)
        puppets.tell("client", (lambda env: env.parent.close(20)) if how == "close" else lambda env: env.exit(0))
        assert "+ create | id: 1" in puppets.tell("server", look_at_requests)
        puppets.tell("server", deliver())
        assert "+ close | id: 1\n" in puppets.tell("server", look_at_requests)
        puppets.tell("server", respond(Response.CLOSED))
        assert "id: 1" not in puppets.tell("server", look_at_requests)
        after = Resources(before.ram - 5 * 6144, before.caps - 5 * 3)
        assert puppets.tell("server", limits) == after, "it looked five times, for which it opened a ROM session each"


def test_an_upgrade_is_over_when_the_server_says_ok_and_not_by_other_answers() -> None:
    with Puppets(CHILDREN) as puppets:
        for name, action in PHASES["upgrading"]:
            puppets.tell(name, action)
        assert "+ upgrade | id: 1 | ram_quota: 4096 | cap_quota: 1" in puppets.tell("server", look_at_requests)
        for response in (Response.DENIED, Response.INSUFFICIENT_RAM, Response.INSUFFICIENT_CAPS):
            puppets.tell("server", respond(response))
            assert puppets.tell("client", lambda env: env.parent.session_cap(20)) is None
        puppets.tell("server", respond(Response.OK))
        assert puppets.tell("client", lambda env: env.parent.session_cap(20)) is not None


def test_a_client_whose_server_ends_during_an_upgrade_is_told_that_the_session_is_over() -> None:
    with Puppets(CHILDREN) as puppets:
        before = puppets.tell("client", limits)
        for name, action in PHASES["upgrading"]:
            puppets.tell(name, action)
        puppets.tell("server", lambda env: env.exit(0))
        assert isinstance(puppets.tell("client", lambda env: env.parent.session_cap(20)), SessionDenied)
        assert puppets.tell("client", lambda env: env.parent.close(20)) is Progress.DONE
        assert puppets.tell("client", limits) == before
