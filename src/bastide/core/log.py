"""LOG: lines of text, handed to whoever booted core, with the label of who wrote them.

Output costs its writer nothing, and may end in a file on somebody's disk. So it is rationed: a session may write at its
own pace for ever, and more than that as long as the store that all sessions share lasts. Who exceeds both loses lines,
is told how many, and takes nothing from those who keep their pace.
"""

from __future__ import annotations

from collections.abc import Callable

from bastide.base import SessionRequest
from bastide.base.environment import LogSession

LINE = 231
"""Longest line, with its newline."""

Print = Callable[[str, str], None]
"""Take a label and a line without its newline. Both are data of strangers: whoever shows them escapes them."""

Now = Callable[[], int]
"""The time in microseconds."""

OWN_LINES, OWN_PACE = 1000, 100
"""Of one session: what it can write at once, and how many lines per second it gains."""

SHARED_LINES, SHARED_PACE = 100_000, 500
"""The same of the store for all sessions together. What fills a disk at this pace is 10 GiB a day.

It is the disk that sets the limit. Neighbours feel the calls of who floods, whether or not its lines are shown.
"""


class Ration:
    """Lines that may be written: at most `most` at once, gained at a pace per second."""

    def __init__(self, most: int, pace: int, now: Now) -> None:
        self._most, self._pace, self._now = most, pace, now
        self._left, self._since = float(most), now()

    def take(self) -> bool:
        """False if there is none left."""
        now = self._now()
        self._left = min(self._most, self._left + (now - self._since) * self._pace / 1_000_000)
        self._since = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Output:
    """Where all lines go. `show` takes them."""

    def __init__(self, show: Print, now: Now) -> None:
        self._show, self._now = show, now
        self._shared = Ration(SHARED_LINES, SHARED_PACE, now)

    def open(self, request: SessionRequest) -> Log:
        return Log(request.label.removesuffix(" -> "), self._show, Ration(OWN_LINES, OWN_PACE, self._now), self._shared)


class Log(LogSession):
    def __init__(self, label: str, show: Print, own: Ration, shared: Ration) -> None:
        self._label, self._show, self._own, self._shared = label, show, own, shared
        self._suppressed = 0

    def write(self, text: str) -> None:
        for line in text[:LINE].removesuffix("\n").split("\n"):
            if self._own.take() or self._shared.take():
                self._tell_suppressed()
                self._show(self._label, line)
            else:
                self._suppressed += 1

    def close(self) -> None:
        self._tell_suppressed()

    def _tell_suppressed(self) -> None:
        if self._suppressed:
            self._show(self._label, f"... {self._suppressed} lines suppressed: more than this component's share")
            self._suppressed = 0
