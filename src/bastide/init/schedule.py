"""When a state report is due: soon after an event, at once after an important one, and when quotas changed meanwhile.

What is due at once is still put off for a moment if the last report is fresh: a child that makes things happen must not
keep init busy with reports.
"""

from __future__ import annotations

from collections.abc import Callable

from bastide.base import Duration, Entrypoint, milliseconds, seconds
from bastide.init.config import ReportSettings

FRESH = milliseconds(10)
"""Between two reports, however important the second is."""

SAMPLING = seconds(1)
"""Shortest period at which quotas are looked at."""


class Schedule:
    """`due` writes a report; `sample` tells whether the quotas that are to be reported changed."""

    def __init__(self, ep: Entrypoint, due: Callable[[], None], sample: Callable[[], bool]) -> None:
        self._ep, self._due, self._sample = ep, due, sample
        self._settings: ReportSettings | None = None
        self._next: Duration | None = None
        """When the next report is due, if one is."""
        self._last = Duration(-FRESH)

    def configure(self, settings: ReportSettings | None) -> None:
        """None, or a delay of zero: no reports."""
        if settings is not None and not settings.delay:
            settings = None
        if settings == self._settings:
            return
        self._settings = settings
        sampling = settings is not None and (settings.child_ram or settings.child_caps)
        self._ep.alarm(Duration(self._ep.now() + self._period) if sampling else None, self._look)
        if settings is None:
            self._set(None)

    def changed(self, at_once: bool = False) -> None:
        """Something happened that the report should show."""
        if self._settings is None or (self._next is not None and not at_once):
            return
        now = self._ep.now()
        at = max(now, self._last + min(FRESH, self._settings.delay)) if at_once else now + self._settings.delay
        if self._next is None or at < self._next:
            self._set(Duration(at))

    @property
    def _period(self) -> Duration:
        assert self._settings is not None
        return max(SAMPLING, self._settings.delay)

    def _set(self, at: Duration | None) -> None:
        self._next = at
        if at is not None and at <= self._ep.now():
            self._ep.alarm(None, self._write)
            self._ep.defer(self._write)
        else:
            self._ep.alarm(at, self._write)

    def _write(self) -> None:
        if self._next is not None:
            self._next, self._last = None, self._ep.now()
            self._ep.alarm(None, self._write)
            self._due()

    def _look(self) -> None:
        if self._settings is not None:
            self._ep.alarm(Duration(self._ep.now() + self._period), self._look)
            if self._sample():
                self.changed()
