"""Virtual time: a number that moves only when somebody moves it, and the alarms that are due at moments of it.

Knows nothing of threads. An alarm belongs to a key (a gate), and setting it again replaces it. There are as many alarms
as gates that set one, so that looking through all of them for the earliest is good enough.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class _Alarm:
    at: int
    order: int
    expired: Callable[[], None]


class Clock:
    """Microseconds since the machine was made."""

    def __init__(self) -> None:
        self.now = 0
        self._alarms: dict[object, _Alarm] = {}
        self._set_so_far = 0

    def set(self, key: object, at: int, expired: Callable[[], None]) -> None:
        self._set_so_far += 1
        self._alarms[key] = _Alarm(at, self._set_so_far, expired)

    def clear(self, key: object) -> None:
        self._alarms.pop(key, None)

    def earliest(self) -> int | None:
        """When the next alarm is due; None: never."""
        return min((alarm.at for alarm in self._alarms.values()), default=None)

    def move_to(self, moment: int) -> None:
        """Let time pass until `moment`, and expire what is due by then: by moment, then in the order of setting."""
        if moment < self.now:
            raise ValueError(f"time cannot move back from {self.now} to {moment} us")
        while due := [key for key, alarm in self._alarms.items() if alarm.at <= moment]:
            first = min(due, key=lambda key: (self._alarms[key].at, self._alarms[key].order))
            alarm = self._alarms.pop(first)
            self.now = max(self.now, alarm.at)
            alarm.expired()
        self.now = moment
