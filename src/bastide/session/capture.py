"""Capture: the picture that is on the screen, fetched by whoever shows it: a display driver is the client."""

from __future__ import annotations

from dataclasses import dataclass

from bastide.base import DataspaceCap, OutOfCaps, OutOfRam, Session, SignalCap, raises, rpc

PIXEL = 4
"""Bytes: blue, green, red, and one that is not used."""


@dataclass(frozen=True)
class Area:
    width: int
    height: int


@dataclass(frozen=True)
class Rect:
    """Width or height 0: nothing."""

    x: int
    y: int
    width: int
    height: int


class CaptureSession(Session):
    service, ram_quota, cap_quota = "Capture", "36K", 3

    @rpc
    def screen_size(self) -> Area: ...

    @rpc
    def screen_size_sigh(self, context: SignalCap | None) -> None: ...

    @rpc
    @raises(OutOfRam, OutOfCaps)
    def buffer(self, pixels: Area, millimeters: Area, viewport: Rect) -> None:
        """Have a buffer of that size, for the part of the screen that is looked at."""

    @rpc
    def dataspace(self) -> DataspaceCap | None:
        """The buffer, None as long as there is none."""
        ...

    @rpc
    def capture_at(self, x: int, y: int) -> tuple[Rect, ...]:
        """Bring the buffer up to date; the parts of the viewport that changed, three at most."""
        ...

    @rpc
    def capture_stopped(self) -> None:
        """The client rests, until `wakeup_sigh` tells that something changed."""

    @rpc
    def wakeup_sigh(self, context: SignalCap | None) -> None: ...
