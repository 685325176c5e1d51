"""What goes wrong is told, and nobody can make it a flood."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bastide.base.errors import IpcError
from bastide.base.failures import KINDS, REST, TOLD, Failures


class Told:
    def __init__(self) -> None:
        self.texts: list[str] = []
        self.now = 0
        self.failures = Failures(self.texts.append, lambda: self.now)

    def fail(self, function: Callable[[], object]) -> None:
        try:
            function()
        except Exception as error:
            self.failures.report(error)


def test_a_failure_is_told_with_its_traceback_and_a_failed_call_in_one_line() -> None:
    told = Told()
    told.fail(lambda: int("x"))
    assert told.texts[0].startswith("Traceback")
    assert told.texts[0].endswith("ValueError: invalid literal for int() with base 10: 'x'")

    def call() -> None:
        raise IpcError("no such object")

    told.fail(call)
    assert told.texts[1] == "a call failed: no such object"


def test_failures_from_one_place_are_told_less_and_less_whatever_their_text() -> None:
    told = Told()
    for number in range(1000):
        told.fail(lambda text=f"x{number}": int(text))  # type: ignore[misc]
    assert len(told.texts) == TOLD + 6                          # and those number 16, 32, 64, 128, 256, 512
    assert told.texts[TOLD].endswith("'x15'\n7 more like this were not shown")
    assert told.texts[-1].endswith("'x511'\n255 more like this were not shown")


def test_a_flood_from_one_place_hides_no_failure_from_another() -> None:
    told = Told()
    for _ in range(100):
        told.fail(lambda: int("x"))
    before = len(told.texts)
    told.fail(lambda: [][0])
    assert told.texts[before:][0].endswith("IndexError: list index out of range")


def test_after_some_rest_a_failure_is_news_again() -> None:
    told = Told()
    for _ in range(100):
        told.fail(lambda: int("x"))
    before, told.now = len(told.texts), REST + 1
    told.fail(lambda: int("x"))
    assert len(told.texts) == before + 1


def test_the_kinds_that_are_remembered_are_bounded() -> None:
    told = Told()
    for number in range(3 * KINDS):
        told.failures.report(type(f"Kind{number}", (Exception,), {})("text"))
    assert len(told.failures._seen) <= KINDS


def test_a_failure_when_nobody_keeps_the_log_any_more_ends_nothing() -> None:
    def write(text: str) -> None:
        raise IpcError("the server is gone")

    Failures(write, lambda: 0).report(ValueError("x"))


@pytest.mark.parametrize("error", [MemoryError(), SystemError("error return without exception set")], ids=repr)
def test_an_exhausted_heap_is_told_also_when_python_lost_the_error(error: Exception) -> None:
    told, exhausted = list[str](), list[bool]()
    Failures(told.append, lambda: 0, lambda: exhausted.append(True)).report(error)
    assert type(error).__name__ in told[0]
    assert exhausted == [True]
