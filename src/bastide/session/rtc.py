"""Rtc: the time of day."""

from __future__ import annotations

from dataclasses import dataclass

from bastide.base import Session, SignalCap, rpc


@dataclass(frozen=True)
class Timestamp:
    """24 hours a day, UTC by convention. Months and days count from 1."""

    microsecond: int
    second: int
    minute: int
    hour: int
    day: int
    month: int
    year: int


class RtcSession(Session):
    service, ram_quota, cap_quota = "Rtc", "8K", 2

    @rpc
    def current_time(self) -> Timestamp: ...

    @rpc
    def set_sigh(self, context: SignalCap | None) -> None:
        """Where to tell that the clock was set."""
