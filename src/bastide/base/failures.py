"""What goes wrong in code that has no caller to tell, as lines of the log: told, and never a flood.

Whoever may call a server can make it fail as often as it likes, and each failure would write a traceback into the
server's log at the server's expense. So failures that look alike, because they have one kind and come from one line of
code, are told a few times; after that only the second, fourth, eighth... time as many. Rest makes up for it.
"""

from __future__ import annotations

import mmap
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from bastide.base.errors import IpcError

TOLD = 8
"""Failures of one kind that are told before most of them are only counted."""

REST = 60_000_000
"""Microseconds without a failure of a kind, after which the next one is news again."""

KINDS = 256
"""Kinds that are remembered. Code has so many places where it fails only if somebody works on that."""


NO_MEMORY = MemoryError, SystemError
"""CPython loses a MemoryError here and there, and has an "error return without exception set"."""

RESERVE = 3 << 19
"""Bytes: one arena of Python's allocator, the unit in which it takes memory for small objects, and some for others."""

_PRIVATE = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS


@dataclass
class _Seen:
    last: int
    count: int = 0
    told: int = 0


class Failures:
    """`write` takes a text of one or more lines, `now` tells the time in microseconds.

    When the heap is exhausted, there is no memory for a text that says so. Therefore some is kept in reserve. It is of
    no use to anybody and never touched, so that it takes addresses, and no RAM. It is mapped, for an allocator would
    write zeros to it. `exhausted` is called after a report of that kind.
    """

    def __init__(self, write: Callable[[str], None], now: Callable[[], int],
                 exhausted: Callable[[], None] = lambda: None) -> None:
        self._write, self._now, self._exhausted = write, now, exhausted
        self._seen: dict[tuple[type[BaseException], str, int], _Seen] = {}
        self._reserve = mmap.mmap(-1, RESERVE, _PRIVATE)

    def report(self, error: BaseException) -> None:
        """Tell of a failure, unless many like it were told."""
        if not isinstance(error, NO_MEMORY):
            self._report(error)
            return
        self._reserve.close()
        try:
            self._report(error)
            self._exhausted()
        finally:
            with suppress(OSError, MemoryError):    # then the next report has to do without
                self._reserve = mmap.mmap(-1, RESERVE, _PRIVATE)

    def _report(self, error: BaseException) -> None:
        now, kind = self._now(), _kind(error)
        seen = self._seen.get(kind)
        if seen is None or now - seen.last > REST:
            if len(self._seen) >= KINDS:
                self._seen.clear()
            seen = self._seen[kind] = _Seen(now)
        seen.last, seen.count = now, seen.count + 1
        if seen.count > TOLD and seen.count & seen.count - 1:
            return
        untold, seen.told = seen.count - seen.told - 1, seen.count
        with suppress(IpcError):        # whoever keeps the log is gone, and with it whoever could be told
            self._write(_text(error) + (f"\n{untold} more like this were not shown" if untold else ""))


def _kind(error: BaseException) -> tuple[type[BaseException], str, int]:
    """What it is, and the line of code that it comes from. Its text may be chosen by others."""
    where = error.__traceback__
    while where is not None and where.tb_next is not None:
        where = where.tb_next
    return (type(error), "", 0) if where is None else (type(error), where.tb_frame.f_code.co_filename, where.tb_lineno)


def _text(error: BaseException) -> str:
    if isinstance(error, IpcError) and error.__traceback__ is not None:
        return f"a call failed: {error}"
    return "".join(traceback.format_exception(error)).rstrip()
