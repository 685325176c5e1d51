"""rtc: the time of day under a virtual clock. Until somebody sets it, it is that of the host."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from init.puppet import Puppets

from bastide.base import Env, SignalHandler, seconds
from bastide.driver.rtc.main import construct as rtc
from bastide.driver.timer.main import construct as timer
from bastide.server.report_rom.main import construct as report_rom
from bastide.session.report import Reporter
from bastide.session.rtc import RtcSession, Timestamp

CONFIG = """
+ start timer | + provides | + service Timer
+ start report_rom
  + provides
    + service Report
    + service ROM
  + route | + any-service | + parent
  + config
    + policy | label: rtc -> set_rtc | report: user -> set_rtc
+ start rtc
  + provides | + service Rtc
  + config | allow_setting_rtc: {allow}
  + route
    + service Timer | + child timer
    + service ROM | label: set_rtc | + child report_rom
    + any-service | + parent
+ start user
  + binary puppet
  + route
    + service Rtc | + child rtc
    + service Report | + child report_rom
    + any-service | + parent
"""


class Day(Puppets):
    def __init__(self, allow: str = "yes") -> None:
        super().__init__(CONFIG.format(allow=allow), {"timer": timer, "report_rom": report_rom, "rtc": rtc})

    def start(self) -> None:
        super().start()

        def act(env: Env) -> Any:
            session = RtcSession.connect(env)
            handler = SignalHandler(env, lambda: env.log("set"))
            session.set_sigh(handler.cap)
            return session, handler, Reporter(env, "set_rtc")

        self._session, _, self._reporter = self.tell("user", act)

    @property
    def time(self) -> Timestamp:
        timestamp: Timestamp = self.tell("user", lambda env: self._session.current_time())
        return timestamp

    def set(self, text: str) -> None:
        self.tell("user", lambda env: self._reporter.submit(text.encode()))


def test_the_clock_is_set_and_goes_on() -> None:
    with Day() as day:
        day.set("set_rtc | year: 2026 | month: 2 | day: 28 | hour: 23 | minute: 59 | second: 58\n-")
        assert day.town.lines("init -> user") == ["set"]
        assert day.time == Timestamp(0, 58, 59, 23, 28, 2, 2026)
        day.town.machine.advance(seconds(2.5))
        assert day.time == Timestamp(500_000, 0, 0, 0, 1, 3, 2026)


def test_a_time_that_does_not_exist_is_told_and_changes_nothing() -> None:
    with Day() as day:
        before = day.time
        day.set("set_rtc | year: 2026 | month: 2 | day: 31 | hour: 0 | minute: 0 | second: 0\n-")
        day.set("set_rtc | year: 2026 | month: 2\n-")
        assert day.time == before
        lines = day.town.lines("init -> rtc")
        assert lines[0].startswith("Warning: the clock can't be set by 'set_rtc | year: 2026 | month: 2 | day: 31")
        assert lines[1].startswith("Error: set_rtc:1:1: expected attribute 'day' of 'set_rtc', which is missing")
        assert day.town.lines("init -> user") == []


def test_nobody_sets_a_clock_that_may_not_be_set_and_it_begins_with_the_hosts() -> None:
    with Day(allow="no") as day:
        day.set("set_rtc | year: 1999 | month: 1 | day: 1 | hour: 0 | minute: 0 | second: 0\n-")
        now = day.time
        shown = datetime(now.year, now.month, now.day, now.hour, now.minute, now.second, tzinfo=UTC)
        assert abs(datetime.now(UTC) - shown) < timedelta(minutes=10)
