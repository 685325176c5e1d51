"""black_hole: services whose sessions swallow all that they get, for components that need one to be there."""

from __future__ import annotations

from collections.abc import Callable

from bastide.base import (
    DataspaceCap,
    Env,
    RamDataspace,
    SessionRequest,
    SignalCap,
    Transmitter,
)
from bastide.lib.nic import ServedFrames, ServedNic, ServedUplink
from bastide.lib.report_writer import ReportWriter
from bastide.lib.rom_module import Module
from bastide.session.capture import PIXEL, Area, CaptureSession, Rect
from bastide.session.event import CAPACITY, EVENT_SIZE, EventSession
from bastide.session.log import LogSession
from bastide.session.nic import NicSession
from bastide.session.report import ReportSession
from bastide.session.rom import RomSession
from bastide.session.terminal import BUFFER, Size, TerminalSession
from bastide.session.uplink import UplinkSession

EMPTY = b"<empty/>"
MAC = bytes.fromhex("020000000001")
LARGEST_SCREEN = 1 << 14
"""Pixels in each direction."""


class Main:
    def __init__(self, env: Env) -> None:
        self._env, self._empty = env, Module(EMPTY)
        announce: dict[str, Callable[[], object]] = {
            "capture": lambda: CaptureSession.announce(env, Capture),
            "event": lambda: EventSession.announce(env, Event),
            "log": lambda: LogSession.announce(env, lambda request: Log()),
            "nic": lambda: NicSession.announce(env, lambda request: Nic(env, request)),
            "report": lambda: ReportSession.announce(env, lambda request: ReportWriter(request, lambda *report: None)),
            "rom": lambda: RomSession.announce(env, lambda request: self._empty.open(request.account)),
            "terminal": lambda: TerminalSession.announce(env, Terminal),
            "uplink": lambda: UplinkSession.announce(env, lambda request: Uplink(env, request)),
        }
        for node in env.config.node.sub_nodes():
            if node.type in announce:
                announce[node.type]()
            else:
                env.log.warning(f"{node.place}: there is no '{node.type}' to be swallowed, but {', '.join(announce)}")


class Log(LogSession):
    def write(self, text: str) -> None:
        """Nobody will ever know."""


class Nic(ServedNic):
    def __init__(self, env: Env, request: SessionRequest) -> None:
        super().__init__(env, request, MAC, lambda: _swallow(self.frames))


class Uplink(ServedUplink):
    def __init__(self, env: Env, request: SessionRequest) -> None:
        super().__init__(env, request, lambda: _swallow(self.frames))


class Event(EventSession):
    def __init__(self, request: SessionRequest) -> None:
        self._buffer = RamDataspace(request.account, CAPACITY * EVENT_SIZE)

    def dataspace(self) -> DataspaceCap:
        return self._buffer.cap

    def submit_batch(self, count: int) -> None:
        """None of these ever happened."""


class Capture(CaptureSession):
    """A screen that stays as it is."""

    def __init__(self, request: SessionRequest) -> None:
        self._account = request.account
        self._buffer: RamDataspace | None = None

    def screen_size(self) -> Area:
        return Area(1, 1)

    def screen_size_sigh(self, context: SignalCap | None) -> None:
        """Its size stays, too."""

    def buffer(self, pixels: Area, millimeters: Area, viewport: Rect) -> None:
        if self._buffer is not None:
            self._buffer.close()
            self._buffer = None
        if 0 < pixels.width <= LARGEST_SCREEN and 0 < pixels.height <= LARGEST_SCREEN:
            self._buffer = RamDataspace(self._account, pixels.width * pixels.height * PIXEL)
            self._buffer.detach()

    def dataspace(self) -> DataspaceCap | None:
        return self._buffer.cap if self._buffer else None

    def capture_at(self, x: int, y: int) -> tuple[Rect, ...]:
        return ()

    def capture_stopped(self) -> None:
        """There is nothing to wake up for."""

    def wakeup_sigh(self, context: SignalCap | None) -> None:
        """As before."""


class Terminal(TerminalSession):
    """Takes all that is written. Nobody types."""

    def __init__(self, request: SessionRequest) -> None:
        self._buffer = RamDataspace(request.account, BUFFER)

    def size(self) -> Size:
        return Size(0, 0)

    def avail(self) -> bool:
        return False

    def read(self, limit: int) -> int:
        return 0

    def write(self, count: int) -> int:
        return max(0, min(count, BUFFER))

    def dataspace(self) -> DataspaceCap:
        return self._buffer.cap

    def connected_sigh(self, context: SignalCap | None) -> None:
        Transmitter(context).submit()

    def read_avail_sigh(self, context: SignalCap | None) -> None:
        """There will be nothing to be read."""

    def size_changed_sigh(self, context: SignalCap | None) -> None:
        """It stays unknown."""


def _swallow(frames: ServedFrames) -> None:
    frames.sent.acknowledge(frames.sent.take())
    frames.wakeup()


construct = Main
