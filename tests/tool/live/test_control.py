"""The socket of a run against those who come to harm it: they are cut off or wait, and others are served."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, NamedTuple

import pytest
from ordinary_user import NOBODY, interpreter_for_all
from tool.live.started import SECONDS

from bastide.base.errors import BastideError
from bastide.tool.graph.model import Component, System
from bastide.tool.live import control
from bastide.tool.live.backlog import Backlog
from bastide.tool.live.control import CONNECTIONS, LARGEST_REQUEST, Server
from bastide.tool.live.live import Live

LARGE = System("large", Component("core", children=tuple(Component(f"box {n}") for n in range(20_000))))


class Still(Live):
    """A run that shows one picture, and says no."""

    def __init__(self) -> None:
        self.backlog = Backlog()
        self.picture = LARGE

    def snapshot(self) -> System:
        return self.picture

    def kill(self, label: str) -> str:
        raise BastideError(f"'{label}' stays")

    def config(self) -> str:
        raise ZeroDivisionError("a mistake")


class Caller:
    def __init__(self, address: str) -> None:
        self.stream = socket.socket(socket.AF_UNIX)
        self.stream.connect(address)
        self.stream.settimeout(SECONDS)
        self._lines = self.stream.makefile("rb")

    def say(self, line: bytes) -> None:
        self.stream.sendall(line)

    def hear(self) -> dict[str, Any] | None:
        """The next answer; None if it was cut off."""
        try:
            line = self._lines.readline()
        except ConnectionResetError:
            return None
        answer: dict[str, Any] | None = json.loads(line) if line else None
        return answer

    def ask(self, line: bytes) -> dict[str, Any] | None:
        with suppress(OSError):                     # it was cut off, and may have been told why
            self.say(line + b"\n")
        return self.hear()

    def close(self) -> None:
        self._lines.close()
        self.stream.close()


@pytest.fixture
def live() -> Still:
    return Still()


class Served(NamedTuple):
    """Where to connect to, and the thread that serves there."""

    address: str
    thread: threading.Thread


@pytest.fixture
def served(live: Still) -> Iterator[Served]:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind("")                           # somewhere in the abstract namespace, which all users can reach
    listener.listen(64)
    listener.setblocking(False)
    server = Server(listener, live)
    thread = threading.Thread(target=server.run)
    thread.start()
    yield Served(listener.getsockname(), thread)
    server.stop()
    thread.join(SECONDS)
    assert not thread.is_alive()
    listener.close()


@pytest.fixture
def call(served: Served) -> Iterator[Callable[[], Caller]]:
    callers: list[Caller] = []

    def made() -> Caller:
        callers.append(Caller(served.address))
        return callers[-1]

    yield made
    for caller in callers:
        caller.close()


LOG = b'{"ask": "log", "after": 0}'


@pytest.mark.parametrize(("garbage", "answer"), [
    (b"\xff\x00", "expected a JSON object in one line"), (b"", "expected a JSON object in one line"),
    (b"[" * 100_000, "expected a JSON object in one line"), (b"7", "expected a JSON object"),
    (b"9" * 10_000, "expected a JSON object in one line"), (b'{"ask": "die"}', "expected 'ask' to be about, snapshot"),
    (b'{"ask": "log", "after": -1}', "expected 'ask'"), (b'{"ask": "log", "after": 1e99}', "expected 'ask'"),
    (b'{"ask": "apply", "text": 5, "origin": ""}', "expected 'ask'"),
    (b'{"ask": "apply", "text": "", "origin": "' + b"x" * 10_000 + b'"}', "expected 'ask'"),
    (b'{"ask": "kill", "label": "a"}', "'a' stays"),
    (b'{"ask": "config"}', "ZeroDivisionError: a mistake"),
])
def test_who_asks_nonsense_is_told_and_may_ask_again(
        call: Callable[[], Caller], garbage: bytes, answer: str) -> None:
    caller = call()
    said = caller.ask(garbage)
    assert said is not None and said["error"].startswith(answer)
    assert caller.ask(LOG) == {"ok": {"lines": [], "after": 0, "missed": 0}}


def test_a_line_that_never_ends_is_cut_off(call: Callable[[], Caller]) -> None:
    endless, other = call(), call()
    with pytest.raises(OSError):
        for _ in range(2 * LARGEST_REQUEST >> 16):
            endless.say(b"x" * (1 << 16))
        raise ConnectionAbortedError("it came after all")
    assert other.ask(LOG) is not None


def test_who_does_not_wait_for_the_answer_is_cut_off(call: Callable[[], Caller]) -> None:
    hasty = call()
    hasty.say((LOG + b"\n") * 2)
    assert hasty.hear() is None


def test_who_does_not_read_is_cut_off_and_others_are_served_meanwhile(
        call: Callable[[], Caller], monkeypatch: pytest.MonkeyPatch) -> None:
    deaf, other = call(), call()
    deaf.say(b'{"ask": "snapshot"}\n')
    assert other.ask(LOG) is not None
    monkeypatch.setattr(control, "IDLE", 0.0)
    assert call().hear() is None                # it has to ask at once now
    with pytest.raises(ValueError):             # the answer ends in the middle
        while deaf.hear() is not None:
            pass


def test_who_asks_slowly_is_cut_off(call: Callable[[], Caller], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "IDLE", 0.0)
    slow = call()
    with suppress(OSError):
        slow.say(b'{"ask"')
    assert slow.hear() is None


def test_a_thousand_callers_are_answered_or_told_to_come_later(
        call: Callable[[], Caller], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "IDLE", 1e6)   # however long it takes
    callers = [call() for _ in range(1000)]
    told = [caller.hear() for caller in callers[CONNECTIONS:]]
    assert all(answer == {"error": "16 others are being served, and there is no room for more"} for answer in told)
    assert all(caller.ask(LOG) is not None for caller in callers[:CONNECTIONS])
    callers[0].close()
    while (answer := call().ask(LOG)) is None or "error" in answer:
        pass                                    # until it is noticed that there is room again


def test_who_follows_and_does_not_read_misses_lines_and_holds_up_nobody(
        live: Still, call: Callable[[], Caller], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "IDLE", 1e6)
    sleeper, reader = call(), call()
    follow = b'{"ask": "log", "after": 0, "follow": true}'
    for caller in (sleeper, reader):
        assert caller.ask(follow) is not None
    texts, missed, last = list[str](), 0, 20_000
    for number in range(last + 1):
        live.backlog.line("init -> loud", f"{number}".ljust(200))
        if number % 1000 == 0:
            while f"{number}" not in texts:
                answer = reader.hear()
                assert answer is not None
                texts = [line["text"].strip() for line in answer["ok"]["lines"]]
    texts = []
    while f"{last}" not in texts:
        answer = sleeper.hear()
        assert answer is not None
        texts, missed = [line["text"].strip() for line in answer["ok"]["lines"]], missed + answer["ok"]["missed"]
    assert missed > 0


def test_who_follows_has_nothing_more_to_say(call: Callable[[], Caller]) -> None:
    caller = call()
    assert caller.ask(b'{"ask": "log", "after": 0, "follow": true}') is not None
    assert caller.ask(LOG) is None


def test_another_user_is_refused(served: Served) -> None:
    """By root this is somebody else indeed; without privileges it is the server that takes itself for another."""
    program = ("import socket, sys; stream = socket.socket(socket.AF_UNIX); stream.connect(eval(sys.argv[1])); "
               "print(stream.makefile().readline())")
    mine = os.geteuid()
    other: dict[str, Any] = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if mine == 0 else {}
    with pytest.MonkeyPatch.context() as patch:
        if mine:
            patch.setattr(os, "geteuid", lambda: mine + 1)
        done = subprocess.run([interpreter_for_all(), "-c", program, repr(served.address)], capture_output=True,
                              text=True, timeout=SECONDS, cwd="/", **other)
        assert "whose run this is, may ask" in json.loads(done.stdout)["error"]


def test_a_flood_gets_a_small_part_of_a_processor(
        served: Served, live: Still, call: Callable[[], Caller]) -> None:
    live.picture = System("small", Component("core"))
    caller = call()
    assert served.thread.ident is not None
    clock = time.pthread_getcpuclockid(served.thread.ident)
    worked, began = time.clock_gettime(clock), time.monotonic()
    for _ in range(200):
        assert caller.ask(b'{"ask": "snapshot"}') is not None
    worked, passed = time.clock_gettime(clock) - worked, time.monotonic() - began
    assert worked * 2 < passed
