"""Entrypoints, and objects by the capabilities that come back, on every kernel."""

from __future__ import annotations

from booted import Booted
from init.town import PARENT_PROVIDES, ROUTE, Town

from bastide.base import Duration, Env


def test_each_entrypoint_serves_and_knows_its_own_objects_alone(boot: Booted) -> None:
    child = boot.run("lives", "several")
    assert child.lines == [
        "['1', '2']",
        "[[True, False, False], [False, True, False], [False, False, True]]",
        "None None",
        "None",
    ]
    assert "third" in boot.board


def test_each_function_has_an_alarm_of_its_own() -> None:
    def program(env: Env) -> object:
        ep, begin = env.ep, env.ep.now()

        def first() -> None:
            env.log("first")
            ep.alarm(None, third)
            ep.alarm(Duration(begin + 40), first_again)

        def first_again() -> None:
            env.log("first again")

        def second() -> None:
            env.log("second")

        def third() -> None:
            env.log("cancelled, and yet here")

        for delay, function in ((20, second), (30, third), (10, first), (25, second)):
            ep.alarm(Duration(begin + delay), function)
        return program

    with Town({"program": program}, PARENT_PROVIDES + ROUTE + "+ start program") as town:
        town.run()
        for moment, lines in ((10, ["first"]), (24, ["first"]), (25, ["first", "second"]),
                              (50, ["first", "second", "first again"])):
            town.machine.advance(moment - town.machine.kernel.now())
            assert town.lines("init -> program") == lines


def test_an_alarm_that_fails_does_not_keep_others_from_ringing() -> None:
    def program(env: Env) -> object:
        def fail() -> None:
            raise ZeroDivisionError

        at = Duration(env.ep.now() + 10)
        env.ep.alarm(at, fail)
        env.ep.alarm(at, lambda: env.log("rang"))
        return program

    with Town({"program": program}, PARENT_PROVIDES + ROUTE + "+ start program") as town:
        town.run()
        town.machine.advance(10)
        assert town.said("ZeroDivisionError") and town.said("rang")
