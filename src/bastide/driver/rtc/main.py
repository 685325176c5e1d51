"""rtc: the time of day, which goes on from the host's, or from when it was set."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from bastide.base import Env, Node, Rom, SessionRequest, SignalCap, Transmitter
from bastide.session.rtc import RtcSession, Timestamp
from bastide.session.timer import Timer


class Main:
    def __init__(self, env: Env) -> None:
        self._env, self._timer = env, Timer(env)
        self._set(datetime.fromtimestamp(time.time(), UTC))
        self._root = RtcSession.announce(env, lambda request: Session(self, request))
        if env.config.node.attribute("allow_setting_rtc", False):
            self._rom = Rom(env, "set_rtc")
            self._rom.follow(self._set_by)

    def now(self) -> datetime:
        return self._base + timedelta(microseconds=self._timer.now())

    def _set(self, now: datetime) -> None:
        self._base = now - timedelta(microseconds=self._timer.now())

    def _set_by(self, node: Node) -> None:
        """Set the clock by a node with the attributes `year` to `second`. One without a year sets nothing."""
        if "year" not in node.attributes:
            return
        year, month, day, hour, minute, second = (node.required(name, int) for name in (
            "year", "month", "day", "hour", "minute", "second"))
        try:
            self._set(datetime(year, month, day, hour, minute, second, tzinfo=UTC))
        except (ValueError, OverflowError) as error:
            self._env.log.warning(f"the clock can't be set by '{str(node).partition(chr(10))[0]}': {error}")
            return
        for session in self._root.sessions:
            if isinstance(session, Session):
                session.changed.submit()


class Session(RtcSession):
    def __init__(self, main: Main, request: SessionRequest) -> None:
        self._main = main
        self.changed = Transmitter()

    def current_time(self) -> Timestamp:
        now = self._main.now()
        return Timestamp(now.microsecond, now.second, now.minute, now.hour, now.day, now.month, now.year)

    def set_sigh(self, context: SignalCap | None) -> None:
        self.changed.context = context


construct = Main
