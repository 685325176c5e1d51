"""What all browsers are told: the system whenever it changed, and the log, from one look at the run for all of them.

Nothing is queued for a browser. Each has a place in the log and the number of the state that it saw last, and gets what
is newest when it has taken what came before: a slow one sees fewer states, and is told how many lines it missed. Nobody
looks at the run while no browser is there.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator
from itertools import islice
from typing import Any

from bastide.tool.live.backlog import LINES
from bastide.tool.live.excerpt import Excerpt, Line
from bastide.tool.web.source import Ended, Source

INTERVAL = 0.25
"""Seconds between two looks, or several times as long as a look takes, if that is more."""

_REST = 4
_BATCH = 400
_EXCERPTS = 4
"""So many pieces of the log are fetched at one look."""
_SILENCE = 15.0
"""Seconds after which a browser hears that there is nothing to hear."""


class Feed:
    """Lives in the loop of the server; only the source is asked in threads."""

    def __init__(self, source: Source) -> None:
        self.readers = 0
        self._source = source
        self._state, self._version = "", 0
        self._lines: deque[Line] = deque(maxlen=LINES)
        self._logged = 0
        self._trouble = self._ended = ""
        self._changed = asyncio.Event()
        self._looking: asyncio.Task[None] | None = None

    async def events(self, seen: int = 0) -> AsyncIterator[str]:
        """Server-sent events for one browser, which has seen so many lines before."""
        self.readers += 1
        try:
            if self._looking is None or self._looking.done():
                self._looking = asyncio.create_task(self._look())
            version, cursor, trouble = 0, seen, ""
            while True:
                changed = self._changed
                if version != self._version:
                    version = self._version
                    yield f"event: state\ndata: {self._state}\n\n"
                elif cursor < self._logged:
                    lost, lines = self._after(cursor)
                    cursor += lost + len(lines)
                    yield f"id: {cursor}\n{_event('log', {'lost': lost, 'lines': [line._asdict() for line in lines]})}"
                elif trouble != self._trouble:
                    trouble = self._trouble
                    yield _event("trouble", {"reason": trouble})
                elif self._ended:
                    yield _event("ended", {"reason": self._ended})
                    return
                else:
                    yield await self._wait(changed)
        finally:
            self.readers -= 1

    def end(self, reason: str) -> None:
        """Nothing comes any more."""
        self._ended = self._ended or reason
        self._tell()

    def _after(self, cursor: int) -> tuple[int, list[Line]]:
        """How many lines behind the cursor are lost, and some of those that are not."""
        first = self._logged - len(self._lines)
        lost = max(0, first - cursor)
        begin = cursor + lost - first
        return lost, list(islice(self._lines, begin, begin + _BATCH))

    async def _wait(self, changed: asyncio.Event) -> str:
        """Nothing to tell, or a comment: a browser that is gone is noticed when it is written to."""
        try:
            async with asyncio.timeout(_SILENCE):
                await changed.wait()
            return ""
        except TimeoutError:
            return ":\n\n"

    async def _look(self) -> None:
        loop = asyncio.get_running_loop()
        while self.readers and not self._ended:
            began = loop.time()
            before = self._version, self._logged, self._trouble
            try:
                self._take(*await asyncio.to_thread(self._ask, self._logged))
                self._trouble = ""
            except Ended as error:
                self.end(str(error))
            except Exception as error:          # whatever it is: better told than a page that stands still
                self._trouble = str(error) or type(error).__name__
            if before != (self._version, self._logged, self._trouble):
                self._tell()
            await asyncio.sleep(max(INTERVAL, _REST * (loop.time() - began)))

    def _ask(self, logged: int) -> tuple[str, list[Excerpt]]:
        """In a thread: the system, and what was logged since."""
        excerpts: list[Excerpt] = []
        while len(excerpts) < _EXCERPTS:
            excerpt = self._source.log(excerpts[-1].after if excerpts else logged)
            if not excerpt.lines:
                break
            excerpts.append(excerpt)
        return json.dumps(self._source.snapshot().to_json()), excerpts

    def _take(self, state: str, excerpts: list[Excerpt]) -> None:
        self._version += state != self._state
        self._state = state
        for excerpt in excerpts:
            if excerpt.missed:
                self._lines.clear()
            self._lines.extend(excerpt.lines)
            self._logged = excerpt.after

    def _tell(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()


def _event(kind: str, told: Any) -> str:
    return f"event: {kind}\ndata: {json.dumps(told)}\n\n"
