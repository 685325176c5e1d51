"""timer: the Timer service, from the one alarm that the machine gives to an entrypoint.

Alarms that lie closer together than `MERGE` are served by one wake-up, so no client can make the driver spin.
"""

from __future__ import annotations

import heapq
import itertools

from bastide.base import Duration, Env, SessionRequest, SignalCap, Transmitter
from bastide.session.timer import TimerSession

MERGE = Duration(250)
SHORTEST_PERIOD = Duration(1000)
LONGEST = Duration(1 << 62)


class Main:
    def __init__(self, env: Env) -> None:
        self.ep = env.ep
        self._alarms: list[tuple[Duration, int, Session]] = []
        self._serials = itertools.count()
        self._live = 0                  # alarms that were not replaced, when it was looked last
        TimerSession.announce(env, lambda request: Session(self, request))

    def program(self, delay: Duration, session: Session) -> int:
        """Tell `session` after `delay`; the result is the number of this alarm."""
        serial = next(self._serials)
        heapq.heappush(self._alarms, (Duration(self.ep.now() + max(delay, MERGE)), serial, session))
        if len(self._alarms) > 2 * self._live + 64:
            self._forget_replaced()
        self.ep.defer(self._arm)
        return serial

    def _arm(self) -> None:
        while self._alarms and not self._alarms[0][2].waits_for(self._alarms[0][1]):
            heapq.heappop(self._alarms)
        self.ep.alarm(self._alarms[0][0] if self._alarms else None, self._expire)

    def _expire(self) -> None:
        due = self.ep.now() + MERGE // 2
        while self._alarms and self._alarms[0][0] <= due:
            _, serial, session = heapq.heappop(self._alarms)
            if session.waits_for(serial):
                session.expire()
        self.ep.defer(self._arm)

    def _forget_replaced(self) -> None:
        """Clients may replace alarms as often as they like; the queue is bounded by their number."""
        self._alarms = [alarm for alarm in self._alarms if alarm[2].waits_for(alarm[1])]
        heapq.heapify(self._alarms)
        self._live = len(self._alarms)


class Session(TimerSession):
    def __init__(self, main: Main, request: SessionRequest) -> None:
        self._main, self._created = main, main.ep.now()
        self._client = Transmitter()
        self._serial, self._period = -1, Duration(0)

    def trigger_once(self, delay: Duration) -> None:
        self._period = Duration(0)
        self._serial = self._main.program(_bounded(delay), self)

    def trigger_periodic(self, period: Duration) -> None:
        self._period = Duration(max(_bounded(period), SHORTEST_PERIOD)) if period > 0 else Duration(0)
        self._serial = self._main.program(self._period, self) if self._period else -1

    def sigh(self, context: SignalCap | None) -> None:
        self._client.context = context

    def elapsed_ms(self) -> int:
        return self.elapsed_us() // 1000

    def elapsed_us(self) -> Duration:
        return Duration(self._main.ep.now() - self._created)

    def waits_for(self, serial: int) -> bool:
        return serial == self._serial

    def expire(self) -> None:
        self._serial = self._main.program(self._period, self) if self._period else -1
        self._client.submit()

    def close(self) -> None:
        self._serial = -1


def _bounded(delay: Duration) -> Duration:
    return Duration(min(max(delay, 0), LONGEST))


construct = Main
