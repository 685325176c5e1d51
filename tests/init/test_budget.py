"""Quotas that move while children run: upgrades, downgrades, and children that don't give back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from init.puppet import Puppets
from init.town import PARENT_PROVIDES, ROUTE

from bastide.base import Env, SignalHandler, seconds
from bastide.base.environment import Resources
from bastide.init.budget import ENVIRONMENT_COST, SPARED, STATIC_COST
from bastide.init.start import Quota

COST = Resources(ENVIRONMENT_COST.ram + STATIC_COST.ram, ENVIRONMENT_COST.caps + STATIC_COST.caps)


def child(ram: str = "2M", caps: int = 100, name: str = "child") -> str:
    return f"+ start {name} | ram: {ram} | caps: {caps}\n  + binary puppet\n"


def limits(puppets: Puppets, name: str = "child") -> Resources:
    quota = puppets.tell(name, lambda env: env.pd.quota())
    return Resources(quota.ram_limit, quota.cap_limit)


def assigned(puppets: Puppets, name: str = "child") -> Quota:
    return next(child.budget.assigned for child in puppets.sandbox._children if child.name == name)


def listen(puppets: Puppets, heard: list[Resources]) -> None:
    """Let the child note what is demanded of it, and do nothing about it."""
    def register(env: Env) -> None:
        handler = SignalHandler(env, lambda: heard.append(env.parent.yield_request()))
        env.parent.yield_sigh(handler.cap)

    puppets.tell("child", register)


def consume(puppets: Puppets, size: int) -> object:
    return puppets.tell("child", lambda env: env.pd.alloc_ram(size))


def test_an_increase_is_handed_out_at_once() -> None:
    with Puppets(child()) as puppets:
        total = puppets.town.total
        puppets.apply(child("5M", 130))
        assert limits(puppets) == Resources((5 << 20) - COST.ram, 130 - COST.caps)
        assert str(assigned(puppets).ram) == "5M" and assigned(puppets).caps == 130
        assert puppets.town.total == total
        assert puppets.ids == {"child": 1}


def test_a_decrease_takes_back_what_is_not_used() -> None:
    with Puppets(child("8M", 200)) as puppets:
        puppets.apply(child("3M", 120))
        assert limits(puppets) == Resources((3 << 20) - COST.ram, 120 - COST.caps)
        puppets.apply("")
        assert puppets.town.init_has == puppets.before


def test_default_quotas_count_for_running_children_too() -> None:
    with Puppets("+ start child | + binary puppet\n") as puppets:
        puppets.apply("+ start child | + binary puppet\n", PARENT_PROVIDES.replace("1M", "4M") + ROUTE)
        assert limits(puppets).ram == (4 << 20) - COST.ram


def test_what_is_used_is_demanded_and_taken_when_the_child_gave_it_up() -> None:
    held: list[Any] = []
    heard: list[Resources] = []
    with Puppets(child("8M")) as puppets:
        listen(puppets, heard)
        held.append(consume(puppets, 5 << 20))
        puppets.apply(child("3M"))
        left = limits(puppets).ram
        assert left == (5 << 20) + SPARED.ram
        demanded = left + COST.ram - (3 << 20)
        assert heard == [Resources(demanded, 0)]
        puppets.tell("child", lambda env: env.pd.free_ram(held[0]))
        puppets.tell("child", lambda env: env.parent.yield_response())
        assert limits(puppets).ram == (3 << 20) - COST.ram
        assert str(assigned(puppets).ram) == "3M"
        assert puppets.tell("child", lambda env: env.parent.yield_request()) == Resources()


def test_a_child_that_gives_nothing_back_is_asked_again_at_the_next_config_only() -> None:
    heard: list[Resources] = []
    with Puppets(child("8M")) as puppets:
        listen(puppets, heard)
        consume(puppets, 7 << 20)
        puppets.apply(child("3M"))
        for _ in range(10):
            puppets.tell("child", lambda env: env.parent.yield_response())
        puppets.wait(seconds(100))
        assert len(heard) == 1
        puppets.apply(child("3M"))
        assert len(heard) == 2
        assert assigned(puppets).ram > 3 << 20, "what could not be taken back is still assigned"
        puppets.apply("")
        assert puppets.town.init_has == puppets.before


def test_an_upgrade_beyond_what_there_is_is_completed_when_there_is_more() -> None:
    greedy = child("10G", 50, "greedy")
    with Puppets(child()) as puppets:
        puppets.apply(child() + greedy)
        puppets.apply(child("8M") + greedy)
        assert 2 << 20 <= assigned(puppets).ram < 8 << 20
        puppets.apply(child("8M"))
        assert str(assigned(puppets).ram) == "8M"
        assert limits(puppets).ram == (8 << 20) - COST.ram


def test_an_upgrade_beyond_what_there_is_is_told_by_a_verbose_init() -> None:
    with Puppets(child()) as puppets:
        puppets.apply(child("10G"), "verbose: yes\n" + PARENT_PROVIDES + ROUTE)
        said = "Warning: child: specified quota exceeds available quota, proceeding with a quota of "
        assert any(line.startswith(said) for line in puppets.town.lines("init"))


def test_nothing_can_be_taken_back_of_what_init_never_had() -> None:
    with Puppets(child("10G")) as puppets:
        all_there_is = limits(puppets).ram
        puppets.apply(child("9G"))
        assert limits(puppets).ram == all_there_is
        puppets.apply(child("4M"))
        assert limits(puppets).ram == (4 << 20) - COST.ram


def test_a_request_is_granted_by_a_change_of_the_config_and_told_to_the_child() -> None:
    told: list[int] = []

    def register(env: Env) -> None:
        handler = SignalHandler(env, lambda: told.append(env.pd.quota().ram_limit))
        env.parent.resource_avail_sigh(handler.cap)
        env.parent.resource_request(Resources(1 << 20, 0))

    with Puppets(child()) as puppets:
        puppets.tell("child", register)
        puppets.apply(child())
        assert told == [] and puppets.state("child").sub_node("problem", name="quota") is not None
        puppets.apply(child("4M"))
        assert told == [(4 << 20) - COST.ram]
        assert puppets.state("child").sub_node("problem") is None


def test_what_init_preserves_stays_with_it() -> None:
    with Puppets("+ resource RAM | preserve: 30M\n+ resource CAP | preserve: 400\n" + child("10G", 100000)) as puppets:
        state = puppets.town.system.account
        assert state.ram_avail >= 30 << 20 and state.caps.avail >= 400
        assert state.ram_avail < 31 << 20 and state.caps.avail < 450


@pytest.mark.parametrize("call", [
    lambda env: env.parent.yield_response(), lambda env: env.parent.yield_request(),
    lambda env: env.parent.resource_request(Resources(1 << 62, 1 << 62)),
    lambda env: env.parent.heartbeat_response()])
def test_floods_of_calls_about_resources_cost_init_nothing_and_keep_its_log_short(call: object) -> None:
    def flood(env: Env) -> None:
        for _ in range(500):
            call(env)  # type: ignore[operator]

    with Puppets("+ report\n" + child()) as puppets:
        before = puppets.town.system.account.ram.used, len(puppets.reports)
        puppets.tell("child", flood)
        assert len(puppets.town.lines("init")) <= 3, "a request, and its explanation"
        assert puppets.town.system.account.ram.used == before[0]
        assert len(puppets.reports) <= before[1] + 1
        assert puppets.town.trouble == []


def test_endless_upgrades_are_paid_by_who_asks_for_them() -> None:
    def upgrade(env: Env) -> int:
        from bastide.base import BastideError
        from bastide.base.session import ANYWHERE
        env.parent.session(20, "LOG", 'label="x", ram_quota=8192, cap_quota=2', ANYWHERE)
        for number in range(10_000):
            try:
                env.parent.upgrade(20, Resources(64 << 10, 1))
            except BastideError:
                return number
        return -1

    with Puppets(child()) as puppets:
        total, init = puppets.town.total, puppets.town.init_has
        assert 5 < puppets.tell("child", upgrade) < 70
        assert (puppets.town.total, puppets.town.init_has.ram) >= (total, init.ram)
        puppets.apply("")
        assert puppets.town.init_has == puppets.before


_QUOTAS = st.tuples(st.sampled_from(["600K", "1M", "3M", "20M", "10G"]), st.sampled_from([40, 100, 300, 100000]))
_ACTS = st.one_of(st.tuples(st.just("config"), st.lists(_QUOTAS, min_size=1, max_size=3)),
                  st.tuples(st.just("use"), st.integers(1, 64)), st.tuples(st.just("free"), st.just(0)),
                  st.tuples(st.just("respond"), st.just(0)), st.tuples(st.just("ask"), st.integers(0, 1 << 22)))


def act(puppets: Puppets, held: list[Any], kind: str, what: object) -> None:
    if kind == "config" and isinstance(what, list):
        puppets.apply("".join(child(ram, caps, f"other-{place}" if place else "child")
                              for place, (ram, caps) in enumerate(what)))
    elif kind == "use" and isinstance(what, int):
        got = consume(puppets, what << 16)
        held += [] if isinstance(got, Exception) else [got]
    elif kind == "free" and held:
        puppets.tell("child", lambda env: env.pd.free_ram(held.pop()))
    elif kind == "respond":
        puppets.tell("child", lambda env: env.parent.yield_response())
    elif kind == "ask" and isinstance(what, int):
        puppets.tell("child", lambda env: env.parent.resource_request(Resources(what, 0)))


@settings(max_examples=40)
@given(st.lists(_ACTS, max_size=15))
def test_no_byte_is_lost_whatever_is_assigned_used_and_given_back(acts: list[tuple[str, object]]) -> None:
    held: list[Any] = []
    with Puppets(child()) as puppets:
        total = puppets.town.total
        for kind, what in acts:
            act(puppets, held, kind, what)
            assert puppets.town.total == total
            for living in puppets.sandbox._children:
                quota = living.budget.look()
                assert quota is None or quota.ram_limit + COST.ram <= max(living.budget.assigned.ram, COST.ram)
                assert quota is None or quota.cap_limit + COST.caps <= max(living.budget.assigned.caps, COST.caps)
        puppets.apply("")
        assert puppets.town.total == total and puppets.town.init_has == puppets.before
        assert puppets.town.trouble == []
