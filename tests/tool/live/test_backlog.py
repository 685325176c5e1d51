"""The newest lines of a log: what readers get, and what they miss."""

from __future__ import annotations

import threading

from bastide.tool.live.backlog import LONGEST, Backlog
from bastide.tool.live.excerpt import Line


def test_a_reader_gets_each_line_once() -> None:
    backlog = Backlog()
    backlog.line("init -> a", "one\ntwo\n")
    first = backlog.since()
    assert first.lines == (Line("init -> a", "one"), Line("init -> a", "two"))
    assert backlog.since(first.after).lines == ()
    backlog.note("done")
    assert backlog.since(first.after).lines == (Line("", "done", note=True),)


def test_who_is_too_slow_misses_the_oldest_lines_and_is_told_how_many() -> None:
    backlog = Backlog(most=3)
    backlog.line("a", "0")
    seen = backlog.since().after
    for number in range(1, 8):
        backlog.line("a", str(number))
    later = backlog.since(seen)
    assert [line.text for line in later.lines] == ["5", "6", "7"]
    assert (later.missed, later.after) == (4, 8)


def test_who_comes_late_has_missed_nothing() -> None:
    backlog = Backlog(most=2)
    for number in range(5):
        backlog.line("a", str(number))
    assert backlog.since().missed == 0
    assert [line.text for line in backlog.since().lines] == ["3", "4"]


def test_an_excerpt_ends_where_the_next_one_begins() -> None:
    backlog = Backlog()
    for number in range(5):
        backlog.line("a", str(number))
    first = backlog.since(most=2)
    assert [line.text for line in first.lines] == ["0", "1"]
    assert [line.text for line in backlog.since(first.after).lines] == ["2", "3", "4"]


def test_a_number_from_another_run_yields_nothing_and_breaks_nothing() -> None:
    backlog = Backlog()
    backlog.line("a", "0")
    assert backlog.since(1000).lines == ()


def test_lines_are_bounded() -> None:
    backlog = Backlog()
    backlog.line("a", "x" * 10_000)
    assert len(backlog.since().lines[0].text) == LONGEST


def test_a_waiting_reader_is_woken_by_the_next_line() -> None:
    backlog = Backlog()
    assert not backlog.wait(0, 0)
    writer = threading.Timer(0, backlog.line, ("a", "now"))
    writer.start()
    assert backlog.wait(0, 30)
    writer.join()
