"""What components say, made fit for people, for programs, and for terminals that somebody else's bytes must not drive.

A LOG line is data from a component that may want to forge the lines of another one, to clear the screen, or to fill it.
This module owns its way out: what it looks like, how fast it comes, and what happens when nobody reads it any more. It
does not judge the lines (`criteria.py`) and does not know where they come from.
"""

from __future__ import annotations

import json
import os
import select
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from enum import Enum

PENDING_BYTES = 1 << 20
"""How much may wait for a slow reader. What comes on top is dropped, and counted."""

_RED, _YELLOW, _PLAIN = "\x1b[31m", "\x1b[33m", "\x1b[0m"


class Form(Enum):
    """What the log looks like."""

    PLAIN = "plain"
    """Every line as it is: for files and pipes."""
    TERMINAL = "terminal"
    """For people: in colours, and repeated lines are counted instead of printed."""
    JSON = "json"
    """One object per line, with `label` and `text`: for programs."""

    @classmethod
    def fitting(cls, descriptor: int) -> Form:
        """The form for whoever is at the other end."""
        return cls.TERMINAL if os.isatty(descriptor) else cls.PLAIN


def lines_of(text: str) -> list[str]:
    """The lines of one message. A newline at its end begins no further line."""
    return text.removesuffix("\n").split("\n")


def visible(text: str) -> str:
    """The text with everything that a terminal could act on written as an escape: `\\x1b`. Tabs stay."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char == "\t" else _escape(char) for char in text)


def visible_label(label: str) -> str:
    """The label, unable to end its own bracket: `a] Error` becomes `a\\x5d Error`."""
    return visible(label).replace("]", "\\x5d").replace("\t", "\\t")


def prefixed(label: str, text: str) -> str:
    """One line of the log as everybody sees it: `[init -> child] text`. Without a label it is core that speaks."""
    return f"[{visible_label(label)}] {text}" if label else text


def _escape(char: str) -> str:
    return char.encode("unicode_escape", "surrogatepass").decode("ascii")


class LogOutput:
    """Prints log lines to a file descriptor, from a thread of its own: `line` never waits for the reader.

    A reader that is gone ends the printing, not the system that is being watched.
    """

    def __init__(self, descriptor: int, form: Form, clock: Callable[[], float] = time.monotonic) -> None:
        self._render = {Form.PLAIN: _Plain, Form.TERMINAL: lambda: _Terminal(clock), Form.JSON: _Json}[form]()
        self._queue = _Queue(descriptor, self._render.note)

    def line(self, label: str, text: str) -> None:
        """Print a message. Never blocks, never raises."""
        for line in lines_of(text):
            self._queue.put(self._render.line(label, line))

    def note(self, text: str) -> None:
        """Print a line of the tool itself. It can't be mistaken for a component's, which begins with a bracket."""
        self._queue.put(self._render.note(visible(text)))

    @property
    def gone(self) -> bool:
        """Whether the reader is gone, so that nothing is printed any more."""
        return self._queue.gone

    @property
    def failure(self) -> str:
        """Why the log could not be written; empty if it could, or if its reader had seen enough."""
        return self._queue.failure

    def close(self, patience: float = 2.0) -> None:
        """Print what is pending, but wait no longer than `patience` seconds for a reader that doesn't read."""
        self._queue.put(self._render.end())
        self._queue.close(patience)


class _Plain:
    def line(self, label: str, line: str) -> str:
        return prefixed(label, visible(line)) + "\n"

    def note(self, text: str) -> str:
        return text + "\n"

    def end(self) -> str:
        return ""


class _Json(_Plain):
    def line(self, label: str, line: str) -> str:
        return json.dumps({"label": label, "text": line}) + "\n"

    def note(self, text: str) -> str:
        return json.dumps({"note": text}) + "\n"


class _Terminal(_Plain):
    """Colours, and the count of repetitions, at most once a second."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._last: tuple[str, str] | None = None
        self._repetitions, self._told = 0, 0.0

    def line(self, label: str, line: str) -> str:
        if (label, line) != self._last:
            output = self._count() + prefixed(label, self._coloured(visible(line))) + "\n"
            self._last, self._told = (label, line), self._clock()
            return output
        self._repetitions += 1
        return self._count() if self._clock() - self._told >= 1 else ""

    def note(self, text: str) -> str:
        output = self._count() + text + "\n"
        self._last = None
        return output

    def end(self) -> str:
        return self._count()

    def _count(self) -> str:
        if not self._repetitions:
            return ""
        times, self._repetitions, self._told = self._repetitions, 0, self._clock()
        return f"... repeated {times} time{'s' if times > 1 else ''}\n"

    def _coloured(self, line: str) -> str:
        for beginning, colour in (("Error:", _RED), ("Warning:", _YELLOW)):
            if line.startswith(beginning):
                return f"{colour}{line}{_PLAIN}"
        return line


class _Queue:
    """Text on its way to a descriptor. Bounded; everything below is guarded by `_changed`."""

    def __init__(self, descriptor: int, note: Callable[[str], str]) -> None:
        self.gone = False
        self.failure = ""
        self._descriptor, self._note = descriptor, note
        self._changed = threading.Condition()
        self._pending: deque[bytes] = deque()
        self._size = self._dropped = 0
        self._closing = False
        self._thread: threading.Thread | None = None

    def put(self, text: str) -> None:
        if not text:
            return
        data = text.encode("utf-8", "backslashreplace")
        with self._changed:
            if self.gone or self._closing:
                return
            if self._size + len(data) > PENDING_BYTES:
                self._dropped += data.count(b"\n")
                return
            self._append_drops()
            self._pending.append(data)
            self._size += len(data)
            if self._thread is None:
                self._thread = threading.Thread(target=self._drain, name="log-output", daemon=True)
                self._thread.start()
            self._changed.notify()

    def close(self, patience: float) -> None:
        with self._changed:
            self._append_drops()
            self._closing = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join(patience)

    def _append_drops(self) -> None:
        if self._dropped:
            self._pending.append(self._note(f"... {self._dropped} lines dropped: the reader is too slow").encode())
            self._dropped = 0

    def _drain(self) -> None:
        try:
            for data in self._batches():
                while data:
                    data = data[self._write(data):]
        except OSError as error:
            with self._changed:
                self.gone = True
                self.failure = "" if isinstance(error, BrokenPipeError) else error.strerror or str(error)
                self._pending.clear()

    def _write(self, data: bytes) -> int:
        try:
            return os.write(self._descriptor, data)
        except BlockingIOError:                 # somebody who shares the descriptor made it non-blocking
            writable = select.poll()
            writable.register(self._descriptor, select.POLLOUT)
            writable.poll()
            return 0

    def _batches(self) -> Iterator[bytes]:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._pending or self._closing)
                if not self._pending:
                    return
                data = b"".join(self._pending)
                self._pending.clear()
                self._size = 0
            yield data
