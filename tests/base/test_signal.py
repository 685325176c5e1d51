"""Signals and their handlers, on every kernel."""

from __future__ import annotations

from booted import Booted


def test_signals_that_come_before_their_handler_ran_show_as_one_and_later_ones_as_another(boot: Booted) -> None:
    assert boot.run("signals", "coalesce").lines == ["constructed", "handled 1", "handled 2"]


def test_waiting_for_io_handles_io_signals_only_and_the_others_afterwards(boot: Booted) -> None:
    assert boot.run("signals", "wait").lines == ["working", "input", "worked; pending: False", "last"]


def test_what_is_deferred_runs_once_behind_the_handler_that_may_even_fail(boot: Booted) -> None:
    lines = boot.run("signals", "defer").lines
    assert [line for line in lines if line in ("handled", "deferred", "finished", "ValueError: in the handler")] == [
        "handled", "ValueError: in the handler", "deferred", "finished"]


def test_a_closed_handler_is_never_called_and_returns_its_capability(boot: Booted) -> None:
    assert boot.run("signals", "close").lines == ["returned 1"]


def test_a_handler_that_triggers_itself_for_ever_starves_nobody_who_calls(boot: Booted) -> None:
    busy = boot.start("signals", "busy")
    boot.wait(lambda: busy.saw("serving"))
    assert boot.run("bystander").lines == ["all answered"]
    busy.destroy()


def test_an_entrypoint_that_waits_for_io_hears_signals_of_its_own_component(boot: Booted) -> None:
    assert boot.run("signals", "other_entrypoint").lines == ["waiting", "woken"]


def test_signals_arrive_from_other_components(boot: Booted) -> None:
    receiver = boot.start("signals", "receive")
    boot.wait(lambda: receiver.saw("listening"))
    assert boot.run("signals", "send").exit_value == 0
    boot.wait(lambda: receiver.saw("received"))
    assert receiver.lines.count("received") == 1
