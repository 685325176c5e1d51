"""Heartbeats: who does not react is noticed, and restarted if the config says so, ever more slowly if it is no help."""

from __future__ import annotations

import pytest
from init.puppet import Puppets
from init.town import PARENT_PROVIDES, ROUTE

from bastide.base import Capability, Duration, Entrypoint, Env, Interface, OutOfCaps, milliseconds, rpc, seconds
from bastide.base.environment import NativeEntrypoint
from bastide.init.heartbeat import FORGIVEN, LONGEST_DELAY, Backoff

HEADER = PARENT_PROVIDES + ROUTE + "+ heartbeat | rate_ms: 100\n"


class Nobody(Interface):
    @rpc
    def ask(self) -> None: ...


class Mute(Nobody):
    def ask(self) -> None: ...


def get_stuck(env: Env) -> None:
    """Wait for an object that nobody serves, in the middle of construction: not even signals are handled."""
    env.log("started")
    ep = Entrypoint(env.domain, env.domain.alloc_entrypoint(), env.report)
    ep.manage(Mute(), env.account).client().ask()


def monitored(restart_after: int | None = None, binary: str = "puppet") -> str:
    attribute = "" if restart_after is None else f" | restart_after_skipped: {restart_after}"
    return f"+ start child | + binary {binary}\n  + heartbeat{attribute}\n"


def town(config: str) -> Puppets:
    return Puppets(config, {"get_stuck": get_stuck}, header=HEADER)


def skipped(puppets: Puppets) -> int:
    return puppets.state("child").attribute("skipped_heartbeats", 0)


def test_a_child_that_reacts_skips_none() -> None:
    with town(monitored(1)) as puppets:
        puppets.wait(seconds(10))
        assert skipped(puppets) == 0 and puppets.ids == {"child": 1}


def test_a_child_without_a_capability_left_is_still_observed() -> None:
    def squander(env: Env) -> None:
        with pytest.raises(OutOfCaps):
            while True:
                env.pd.alloc_context(Capability(env.ep.identity, NativeEntrypoint, env.kernel))

    with town(monitored(1)) as puppets:
        puppets.tell("child", squander)
        puppets.wait(seconds(10))
        assert skipped(puppets) == 0 and puppets.ids == {"child": 1}


def test_a_child_that_gets_stuck_in_its_construction_is_noticed_and_reported() -> None:
    with town("+ report\n" + monitored(binary="get_stuck")) as puppets:
        puppets.wait(milliseconds(150))
        assert skipped(puppets) == 0, "the first one may still be answered"
        puppets.wait(milliseconds(300))
        assert skipped(puppets) == 3
        reported = puppets.reports[-1].sub_node("child", name="child")
        assert reported is not None and reported.attribute("skipped_heartbeats", 0) == 2, "a delay ago"
        puppets.wait(seconds(100))
        assert puppets.ids == {"child": 1}, "nobody said that it is to be restarted"


def test_who_skips_more_than_allowed_is_restarted_and_the_log_says_so() -> None:
    with town(monitored(3, "get_stuck")) as puppets:
        puppets.wait(milliseconds(500))
        assert puppets.ids == {"child": 2}
        assert puppets.town.lines("init") == ['Warning: child "child" skipped 4 heartbeats, restarting it']
        assert puppets.town.lines("init -> child") == ["started"] * 2
        puppets.apply("")
        assert puppets.town.init_has == puppets.before


def test_a_crash_loop_is_slowed_down_and_explained() -> None:
    with town("+ report\n" + monitored(1, "get_stuck")) as puppets:
        puppets.wait(milliseconds(300 * (FORGIVEN + 1)))
        assert puppets.ids == {"child": FORGIVEN + 1}
        puppets.wait(milliseconds(300))
        said = f"stopped to react again, after {FORGIVEN} restarts: the next one is put off for 700 ms"
        assert puppets.town.lines("init")[-1] == f"Warning: child: {said}"
        problem = puppets.state("child").sub_node("problem", name="crash loop")
        assert problem is not None and problem.text == said
        puppets.wait(seconds(1))
        assert puppets.ids == {"child": FORGIVEN + 2}
        puppets.wait(seconds(600))
        assert puppets.ids["child"] < 20
        assert len(puppets.town.lines("init")) < 40


def test_a_child_that_faulted_counts_as_one_that_does_not_react() -> None:
    class Fault(BaseException):
        """No error that a component survives."""

    def fault(env: Env) -> None:
        raise Fault

    with town(monitored(2)) as puppets:
        puppets.tell("child", fault)
        assert puppets.ids == {"child": 1}
        puppets.wait(milliseconds(500))
        assert puppets.ids == {"child": 2}


@pytest.mark.parametrize("how", ["exit", "heartbeat node removed", "monitoring switched off"])
def test_who_is_not_monitored_any_more_is_left_alone(how: str) -> None:
    with town(monitored(1)) as puppets:
        if how == "exit":
            puppets.tell("child", lambda env: env.exit(0))
        elif how == "heartbeat node removed":
            puppets.apply("+ start child | + binary puppet\n", HEADER)
        else:
            puppets.apply(monitored(1), PARENT_PROVIDES + ROUTE)
        child = next(iter(puppets.sandbox._children))
        child.pulse.beat(True)
        child.pulse.beat(True)
        child.pulse.beat(True)
        puppets.wait(seconds(5))
        assert puppets.ids == {"child": 1}


def test_monitoring_begins_while_a_child_runs() -> None:
    with Puppets("+ start child | + binary get_stuck\n", {"get_stuck": get_stuck}) as puppets:
        puppets.wait(seconds(5))
        puppets.apply(monitored(2, "get_stuck"), HEADER)
        puppets.wait(milliseconds(500))
        assert puppets.ids == {"child": 2}


def test_delays_double_up_to_a_limit_and_are_forgotten_after_a_long_life() -> None:
    backoff, now, delays = Backoff(), Duration(0), []
    for _ in range(FORGIVEN + 8):
        due = backoff.due(("a", ""), now)
        delays.append(int(due - now))
        now = Duration(max(due, now))
        backoff.note(("a", ""), now)
    second = int(seconds(1))
    assert delays == [0] * FORGIVEN + [second, 2 * second, 4 * second, 8 * second, 16 * second, 32 * second,
                                       int(LONGEST_DELAY), int(LONGEST_DELAY)]
    assert backoff.due(("b", ""), now) == now
    later = Duration(now + 2 * LONGEST_DELAY + 1)
    assert backoff.due(("a", ""), later) == later
    assert backoff.restarts(("a", "")) == 0
