"""The newest lines of a run's log, for whoever comes to look at it.

Readers say what they have seen, and get what came since; who reads too slowly misses lines and is told how many. So
the log costs a run the same, however many read it. Each run imports this at its start, so the values here are tuples:
they are made in an eighth of the time that a dataclass takes.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple

from bastide.tool.log import lines_of

LINES = 2000
"""Kept at most. The longest that a component can log has 230 characters."""

LONGEST = 1000
"""Characters of a line that is kept: core and the tool itself have a little more to say at times."""


class Line(NamedTuple):
    """`label` is who logged it, empty for core. Both are data of strangers: whoever prints them escapes them."""

    label: str
    text: str
    note: bool = False
    """It is the tool itself that speaks."""


class Excerpt(NamedTuple):
    """Lines in order. The next excerpt begins `after` this many lines of the log; `missed` came before these."""

    lines: tuple[Line, ...]
    after: int
    missed: int = 0


class Backlog:
    """Written and read from any thread."""

    def __init__(self, most: int = LINES) -> None:
        self._lines: deque[Line] = deque(maxlen=most)
        self._count = 0
        self._changed = threading.Condition()

    def line(self, label: str, text: str) -> None:
        """Something was logged."""
        self._add(Line(label, line[:LONGEST]) for line in lines_of(text))

    def note(self, text: str) -> None:
        """The tool itself said something."""
        self._add(Line("", line[:LONGEST], note=True) for line in lines_of(text))

    def since(self, after: int | None = None, most: int = LINES) -> Excerpt:
        """What came after so many lines, but no more than `most`. None: whatever is known."""
        with self._changed:
            oldest = self._count - len(self._lines)
            first = oldest if after is None else max(after, oldest)
            number = max(0, min(self._count - first, most))
            lines = tuple(islice(self._lines, first - oldest, first - oldest + number))
            return Excerpt(lines, first + number, 0 if after is None else first - after)

    def wait(self, after: int, seconds: float) -> bool:
        """Wait until there is more than so many lines. False: the time was over first."""
        with self._changed:
            return self._changed.wait_for(lambda: self._count > after, seconds)

    def _add(self, lines: Iterable[Line]) -> None:
        with self._changed:
            for line in lines:
                self._lines.append(line)
                self._count += 1
            self._changed.notify_all()
