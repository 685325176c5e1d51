from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from bastide.kernel.inprocess.clock import Clock
from bastide.kernel.inprocess.scheduler import Deadlock, Ended, Scheduler


@pytest.fixture
def scheduler() -> Iterator[Scheduler]:
    scheduler = Scheduler(Clock())
    yield scheduler
    scheduler.close()


def test_threads_take_turns_in_the_order_in_which_they_could_run(scheduler: Scheduler) -> None:
    course: list[str] = []

    def run(name: str) -> None:
        for step in range(3):
            course.append(f"{name}{step}")
            scheduler.pause()

    for name in "abc":
        scheduler.spawn(lambda name=name: run(name), name)  # type: ignore[misc]
    assert course == []
    scheduler.settle()
    assert course == ["a0", "b0", "c0", "a1", "b1", "c1", "a2", "b2", "c2"]
    assert scheduler.threads == (scheduler.main,)


def test_a_blocked_thread_goes_on_when_it_is_woken_and_only_once(scheduler: Scheduler) -> None:
    course: list[str] = []

    def sleep() -> None:
        scheduler.block("being woken")
        course.append("woken")
        scheduler.block("being woken again")
        course.append("woken again")

    sleeper = scheduler.spawn(sleep, "sleeper")
    scheduler.settle()
    scheduler.wake(sleeper)
    scheduler.wake(sleeper)
    scheduler.settle()
    assert course == ["woken"]


def test_time_stands_still_while_the_main_thread_settles_and_jumps_while_it_is_blocked(scheduler: Scheduler) -> None:
    scheduler.clock.set("key", 500, lambda: scheduler.wake(scheduler.main))
    scheduler.settle()
    assert scheduler.clock.now == 0
    scheduler.block("the alarm")
    assert scheduler.clock.now == 500


def test_the_main_thread_learns_who_waits_for_what_when_nothing_can_happen_any_more(scheduler: Scheduler) -> None:
    scheduler.spawn(lambda: scheduler.block("godot"), "vladimir")
    scheduler.spawn(lambda: scheduler.block("work", idle=True), "servant")
    with pytest.raises(Deadlock) as caught:
        scheduler.block("vladimir", idle=True)
    assert str(caught.value) == ("nobody can run and no alarm is set: main waits for vladimir;"
                                 " vladimir waits for godot")


def test_a_killed_thread_ends_in_every_primitive_it_tries(scheduler: Scheduler) -> None:
    course: list[str] = []

    def resist() -> None:
        try:
            scheduler.block("nothing")
        except Ended:
            course.append("first")
        try:
            scheduler.pause()
        finally:
            course.append("second")
        course.append("unreachable")

    thread = scheduler.spawn(resist, "resisting")
    scheduler.settle()
    scheduler.kill(thread)
    scheduler.settle()
    assert course == ["first", "second"]
    assert thread.finished


def test_a_thread_that_is_killed_before_its_first_turn_never_runs(scheduler: Scheduler) -> None:
    course: list[str] = []
    scheduler.kill(scheduler.spawn(lambda: course.append("ran"), "late"))
    scheduler.settle()
    assert course == []
    assert scheduler.threads == (scheduler.main,)


def test_a_thread_of_somebody_else_is_turned_away(scheduler: Scheduler) -> None:
    refused: list[str] = []

    def intrude() -> None:
        try:
            scheduler.settle()
        except RuntimeError as error:
            refused.append(str(error))

    intruder = threading.Thread(target=intrude, name="intruder")
    intruder.start()
    intruder.join()
    assert refused == ["thread 'intruder' is not the one whose turn it is ('main'):"
                       " start threads by Kernel.start_thread only"]


def test_only_the_main_thread_can_watch_the_others(scheduler: Scheduler) -> None:
    refused: list[str] = []

    def watch() -> None:
        try:
            scheduler.settle()
        except RuntimeError as error:
            refused.append(str(error))

    scheduler.spawn(watch, "curious")
    scheduler.settle()
    assert refused == ["thread 'curious' cannot watch the others: only the machine's maker can"]


def test_closing_leaves_no_thread_of_the_process_behind() -> None:
    before = threading.active_count()
    scheduler = Scheduler(Clock())
    for number in range(5):
        scheduler.spawn(lambda: scheduler.block("nothing"), f"thread {number}")
    scheduler.settle()
    assert threading.active_count() == before + 5
    scheduler.close()
    assert threading.active_count() == before
