"""The newest lines of a run's log, for whoever comes to look at it.

Readers say what they have seen, and get what came since; who reads too slowly misses lines and is told how many. So
the log costs a run the same, however many read it. Each run imports this module at its start, and what readers get is
imported by the first of them.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING

from bastide.tool.log import lines_of

if TYPE_CHECKING:
    from bastide.tool.live.excerpt import Excerpt

LINES = 2000
"""Kept at most. The longest that a component can log has 230 characters."""

LONGEST = 1000
"""Characters of a line that is kept: core and the tool itself have a little more to say at times."""


class Backlog:
    """Written and read from any thread."""

    def __init__(self, most: int = LINES) -> None:
        self._lines: deque[tuple[str, str, bool]] = deque(maxlen=most)
        self._count = 0
        self._changed = threading.Condition()

    def line(self, label: str, text: str) -> None:
        """Something was logged."""
        self._add((label, line[:LONGEST], False) for line in lines_of(text))

    def note(self, text: str) -> None:
        """The tool itself said something."""
        self._add(("", line[:LONGEST], True) for line in lines_of(text))

    def since(self, after: int | None = None, most: int = LINES) -> Excerpt:
        """What came after so many lines, but no more than `most`. None: whatever is known."""
        from bastide.tool.live.excerpt import Excerpt, Line

        with self._changed:
            oldest = self._count - len(self._lines)
            first = oldest if after is None else max(after, oldest)
            number = max(0, min(self._count - first, most))
            lines = list(islice(self._lines, first - oldest, first - oldest + number))
        return Excerpt(tuple(Line(*line) for line in lines), first + number, 0 if after is None else first - after)

    def wait(self, after: int, seconds: float) -> bool:
        """Wait until there is more than so many lines. False: the time was over first."""
        with self._changed:
            return self._changed.wait_for(lambda: self._count > after, seconds)

    def _add(self, lines: Iterable[tuple[str, str, bool]]) -> None:
        with self._changed:
            for line in lines:
                self._lines.append(line)
                self._count += 1
            self._changed.notify_all()
