"""The timer driver and its client, under a virtual clock: nothing here depends on how fast anything is."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from init.town import PARENT_PROVIDES, ROUTE, Town

from bastide.base import Duration, Env, IoSignalHandler, IpcError, SignalHandler, milliseconds
from bastide.driver.timer.main import MERGE, SHORTEST_PERIOD
from bastide.driver.timer.main import construct as timer
from bastide.session.timer import Timer, TimerSession, sleep

CHILDREN = PARENT_PROVIDES + ROUTE + """
+ start timer | + provides | + service Timer
+ start user
"""


def town(program: Callable[[Env], object], config: str = CHILDREN) -> Town:
    return Town({"timer": timer, "user": program}, config)


def test_timeouts_fire_in_the_order_of_their_time() -> None:
    def user(env: Env) -> object:
        clock = Timer(env)
        for delay in (30, 10, 20):
            clock.once(milliseconds(delay), partial(env.log, f"after {delay}"))
        return clock

    with town(user) as system:
        system.run()
        assert system.lines("init -> user") == []
        system.machine.advance(milliseconds(15))
        assert system.lines("init -> user") == ["after 10"]
        system.machine.advance(milliseconds(20))
        assert system.lines("init -> user") == ["after 10", "after 20", "after 30"]


def test_a_periodic_timeout_repeats_until_it_is_cancelled() -> None:
    def user(env: Env) -> object:
        clock, count = Timer(env), [0]

        def tick() -> None:
            count[0] += 1
            env.log(f"tick {count[0]}")
            if count[0] == 3:
                ticking.cancel()

        ticking = clock.every(milliseconds(10), tick)
        return clock

    with town(user) as system:
        system.run()
        system.machine.advance(milliseconds(200))
        assert system.lines("init -> user") == ["tick 1", "tick 2", "tick 3"]


def test_a_cancelled_timeout_does_not_fire() -> None:
    def user(env: Env) -> object:
        clock = Timer(env)
        clock.once(milliseconds(10), lambda: env.log("no")).cancel()
        clock.once(milliseconds(20), lambda: env.log("yes"))
        return clock

    with town(user) as system:
        system.run()
        system.machine.advance(milliseconds(50))
        assert system.lines("init -> user") == ["yes"]


def test_the_time_of_a_session_begins_with_it() -> None:
    def user(env: Env) -> object:
        clock = Timer(env)

        def look() -> None:
            second = TimerSession.connect(env, "second")
            env.log(f"{clock.session.elapsed_ms()} {second.elapsed_ms()}")

        clock.once(milliseconds(40), look)
        return clock

    with town(user) as system:
        system.run()
        system.machine.advance(milliseconds(60))
        assert system.lines("init -> user") == ["40 0"]


def test_a_timeout_replaces_the_one_before() -> None:
    def user(env: Env) -> object:
        session = TimerSession.connect(env)
        handler = SignalHandler(env, lambda: env.log(f"at {session.elapsed_ms()}"))
        session.sigh(handler.cap)
        session.trigger_once(milliseconds(10))
        session.trigger_once(milliseconds(30))
        return session

    with town(user) as system:
        system.run()
        system.machine.advance(milliseconds(100))
        assert system.lines("init -> user") == ["at 30"]


def test_a_period_has_a_lower_bound_and_zero_switches_it_off() -> None:
    def user(env: Env) -> object:
        session, count = TimerSession.connect(env), [0]

        def tick() -> None:
            count[0] += 1
            if session.elapsed_us() >= 20 * SHORTEST_PERIOD:
                session.trigger_periodic(Duration(0))
                env.log(f"{count[0]} ticks")

        session.sigh(SignalHandler(env, tick).cap)
        session.trigger_periodic(Duration(1))
        return session

    with town(user) as system:
        system.run()
        system.machine.advance(milliseconds(500))
        assert system.lines("init -> user") == ["20 ticks"]


def test_absurd_times_are_bounded() -> None:
    def user(env: Env) -> object:
        session = TimerSession.connect(env)
        session.sigh(SignalHandler(env, lambda: env.log("now")).cap)
        session.trigger_once(Duration((1 << 63) - 1))
        session.trigger_periodic(Duration(-5))
        session.trigger_once(Duration(-(1 << 63)))
        return session

    with town(user) as system:
        system.run()
        system.machine.advance(MERGE)
        assert system.lines("init -> user") == ["now"]
        assert system.trouble == []


def test_a_client_that_replaces_its_timeout_for_ever_does_not_fill_the_driver() -> None:
    def user(env: Env) -> object:
        session = TimerSession.connect(env)
        for _ in range(2000):
            session.trigger_once(milliseconds(5))
        session.sigh(IoSignalHandler(env, lambda: env.log("once")).cap)
        return session

    mains: list[object] = []

    def driver(env: Env) -> object:
        mains.append(main := timer(env))
        return main

    with Town({"timer": driver, "user": user}, CHILDREN) as system:
        system.run()
        assert len(vars(mains[0])["_alarms"]) < 200
        system.machine.advance(milliseconds(10))
        assert system.lines("init -> user") == ["once"]


def test_sleeping_lets_time_pass_and_closes_its_session() -> None:
    def user(env: Env) -> object:
        clock = Timer(env)
        before = env.account.caps.used
        clock.sleep(milliseconds(25))
        env.log(f"{clock.session.elapsed_ms()} ms, {env.account.caps.used - before} caps kept")
        return clock

    with town(user) as system:
        system.run()
        system.machine.advance(milliseconds(30))
        assert system.lines("init -> user") == ["25 ms, 0 caps kept"]


def test_many_clients_are_served_each_at_its_time() -> None:
    def user(env: Env) -> object:
        period = milliseconds(env.config.node.attribute("period", 0))
        clock, count = Timer(env), [0]

        def tick() -> None:
            count[0] += 1

        clock.every(period, tick)
        clock.once(milliseconds(105), lambda: env.log(f"{count[0]}"))
        return clock

    periods = (2, 5, 10, 20)
    users = "".join(f"+ start user-{period} | + binary user\n  + config | period: {period}\n" for period in periods)
    config = PARENT_PROVIDES + ROUTE + "+ start timer | + provides | + service Timer\n" + users
    with Town({"timer": timer, "user": user}, config) as system:
        system.run()
        system.machine.advance(milliseconds(120))
        assert [system.lines(f"init -> user-{period}") for period in periods] == [["52"], ["21"], ["10"], ["5"]]


def test_a_timeout_that_sets_itself_up_again_lets_others_have_their_turn() -> None:
    def user(env: Env) -> object:
        clock, count = Timer(env), [0]

        def again() -> None:
            count[0] += 1
            clock.once(Duration(0), again)

        again()
        clock.once(Duration(10 * MERGE), lambda: env.log("my turn", count[0]))
        return clock

    with town(user) as system:
        system.run()
        system.machine.advance(11 * MERGE)
        assert system.lines("init -> user") == ["my turn 11"]


def test_a_timeout_that_another_one_cancels_at_the_same_time_does_not_fire() -> None:
    def user(env: Env) -> object:
        clock = Timer(env)
        clock.once(milliseconds(10), lambda: second.cancel())
        second = clock.once(milliseconds(10), lambda: env.log("no"))
        return clock

    with town(user) as system:
        system.run()
        system.machine.advance(milliseconds(20))
        assert system.lines("init -> user") == []


def test_sleeping_for_no_time_asks_nobody() -> None:
    def user(env: Env) -> None:
        sleep(env, Duration(0))
        sleep(env, Duration(-1))
        env.log("awake")

    with Town({"user": user}, PARENT_PROVIDES + ROUTE + "+ start user\n") as system:
        system.run()
        assert system.lines("init -> user") == ["awake"]


NESTED = PARENT_PROVIDES.replace("service LOG", "service LOG\n  + service Timer") + ROUTE + "+ start user\n"
INNER = "+ start inner | ram: 8M | caps: 500\n  + binary init\n  + config\n" + "".join(
    f"    {line}\n" for line in NESTED.splitlines())
IN_AN_INIT = CHILDREN.replace("+ start user", INNER)


@pytest.mark.parametrize(("config", "label"), [(CHILDREN, "init -> user"), (IN_AN_INIT, "init -> inner -> user")],
                         ids=["a sibling", "in another init"])
def test_who_sleeps_learns_that_the_timer_is_gone(config: str, label: str) -> None:
    ends: list[SignalHandler] = []

    def mortal(env: Env) -> object:
        ends.append(SignalHandler(env, lambda: env.exit(0)))
        return timer(env)

    def user(env: Env) -> None:
        try:
            sleep(env, milliseconds(60_000))
        except IpcError:
            env.log("no timer any more")

    with Town({"timer": mortal, "user": user}, config) as system:
        system.run()
        assert system.lines(label) == []
        ends[0].submit()
        system.run()
        assert system.lines(label) == ["no timer any more"]
        assert system.trouble == []
