"""The log as it is printed: nobody can forge lines, drive the terminal or stop the tool."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastide.tool.log import PENDING_BYTES, Form, LogOutput, lines_of, prefixed, visible


class Clock:
    """Time that passes when the test says so."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def printed(form: Form, say: Callable[[LogOutput], object], clock: Clock | None = None) -> str:
    """What arrives at the reader."""
    reader, writer = os.pipe()
    output = LogOutput(writer, form, clock or Clock())
    say(output)
    output.close()
    os.close(writer)
    with open(reader, "rb") as file:
        return file.read().decode()


def lines(*messages: tuple[str, str]) -> Callable[[LogOutput], object]:
    def say(output: LogOutput) -> None:
        for label, text in messages:
            output.line(label, text)

    return say


def test_a_line_names_its_author() -> None:
    assert printed(Form.PLAIN, lines(("init -> a", "hello"))) == "[init -> a] hello\n"


def test_core_speaks_without_a_label() -> None:
    assert printed(Form.PLAIN, lines(("", "ready"))) == "ready\n"


def test_each_line_of_a_message_is_prefixed() -> None:
    assert printed(Form.PLAIN, lines(("a", "one\ntwo\n"))) == "[a] one\n[a] two\n"


def test_an_empty_message_is_an_empty_line() -> None:
    assert printed(Form.PLAIN, lines(("a", ""), ("a", "\n"))) == "[a] \n[a] \n"


@pytest.mark.parametrize(("text", "shown"), [
    ("\x1b[2J", "\\x1b[2J"), ("a\rb", "a\\rb"), ("\x00", "\\x00"), ("\x9b", "\\x9b"), ("\u202e", "\\u202e"),
    ("\u2028", "\\u2028"), ("\ud800", "\\ud800"), ("a\tb", "a\tb"), ("Grüße → 東", "Grüße → 東"),
    ("C:\\dir", "C:\\dir"),
])
def test_what_could_drive_a_terminal_is_written_as_an_escape(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_a_label_cannot_close_its_bracket_or_begin_a_line() -> None:
    assert prefixed("evil] \n[core", "x") == "[evil\\x5d \\n[core] x"


@given(st.text(), st.text())
def test_no_message_forges_a_line(label: str, text: str) -> None:
    shown = printed(Form.PLAIN, lines((f"x{label}", text)))
    assert shown.count("\n") == len(lines_of(text))
    assert all(line.startswith("[x") and line.index("]") == line.index("] ") for line in shown.split("\n")[:-1])
    assert all(char.isprintable() or char in "\n\t" for char in shown)


def test_errors_and_warnings_are_coloured_on_a_terminal_only() -> None:
    say = lines(("a", "Error: no"), ("a", "Warning: hm"), ("a", "No Error: x"))
    assert printed(Form.TERMINAL, say) == ("[a] \x1b[31mError: no\x1b[0m\n[a] \x1b[33mWarning: hm\x1b[0m\n"
                                           "[a] No Error: x\n")
    assert printed(Form.PLAIN, say) == "[a] Error: no\n[a] Warning: hm\n[a] No Error: x\n"


class TestRepetitions:
    def test_repetitions_are_counted_for_people(self) -> None:
        say = lines(("a", "x"), ("a", "x"), ("a", "x"), ("b", "x"), ("b", "x"))
        assert printed(Form.TERMINAL, say) == "[a] x\n... repeated 2 times\n[b] x\n... repeated 1 time\n"

    def test_the_count_is_told_once_a_second(self) -> None:
        clock = Clock()

        def say(output: LogOutput) -> None:
            for _ in range(9):
                output.line("a", "x")
                clock.now += 0.5

        assert printed(Form.TERMINAL, say, clock) == "[a] x\n" + 4 * "... repeated 2 times\n"

    def test_programs_see_every_line(self) -> None:
        assert printed(Form.PLAIN, lines(("a", "x"), ("a", "x"))) == "[a] x\n[a] x\n"


def test_programs_can_read_one_object_per_line() -> None:
    def say(output: LogOutput) -> None:
        output.line("init -> a", "one\n\x1b\ud800")
        output.note("over")

    assert [json.loads(line) for line in printed(Form.JSON, say).splitlines()] == [
        {"label": "init -> a", "text": "one"}, {"label": "init -> a", "text": "\x1b\ud800"}, {"note": "over"}]


def test_a_pipe_is_no_terminal() -> None:
    with pipe() as (reader, writer):
        os.close(writer)
        assert Form.fitting(reader) is Form.PLAIN


def test_a_reader_that_is_gone_ends_the_printing_quietly() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    output = LogOutput(writer, Form.PLAIN)
    output.line("a", "unheard")
    output.close()
    assert output.gone
    output.line("a", "unheard again")
    output.close()
    os.close(writer)


def test_a_reader_that_does_not_read_stops_nobody() -> None:
    with pipe() as (reader, writer):
        output = LogOutput(writer, Form.PLAIN)
        for _ in range(3 * PENDING_BYTES // 1000):
            output.line("a", "x" * 1000)
        output.close(patience=0)
        received: list[bytes] = []
        collector = threading.Thread(target=lambda: received.extend(iter(lambda: os.read(reader, 1 << 16), b"")))
        collector.start()
        output.close(patience=30)
        os.close(writer)
        collector.join()
    shown = b"".join(received).decode().splitlines()
    dropped = [line for line in shown if line.startswith("... ")]
    assert dropped and all(line.endswith(" lines dropped: the reader is too slow") for line in dropped)
    count = sum(int(line.split()[1]) for line in dropped)
    assert len(shown) - len(dropped) + count == 3 * PENDING_BYTES // 1000


def test_a_descriptor_that_somebody_made_non_blocking_is_waited_for() -> None:
    with pipe() as (reader, writer):
        os.set_blocking(writer, False)
        output = LogOutput(writer, Form.PLAIN)
        for _ in range(300):
            output.line("a", "x" * 1000)
        received: list[bytes] = []
        collector = threading.Thread(target=lambda: received.extend(iter(lambda: os.read(reader, 1 << 16), b"")))
        collector.start()
        output.close(patience=30)
        os.close(writer)
        collector.join()
    assert b"".join(received) == 300 * (b"[a] " + b"x" * 1000 + b"\n")


@contextmanager
def pipe() -> Iterator[tuple[int, int]]:
    """Both ends of a pipe. The test closes the writing end, as readers wait for that."""
    reader, writer = os.pipe()
    try:
        yield reader, writer
    finally:
        os.close(reader)
