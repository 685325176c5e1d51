"""test-black_hole: uses all services of the black hole, which takes everything and gives nothing back."""

from __future__ import annotations

from collections.abc import Callable

from bastide.base import Attached, Bytes, Env, Rom, milliseconds
from bastide.lib.nic import Frames, Nic, Uplink
from bastide.session.capture import Area, CaptureSession, Rect
from bastide.session.event import CAPACITY, EventSession
from bastide.session.log import LogSession
from bastide.session.nic import SLOT, NicArgs
from bastide.session.report import Reporter
from bastide.session.terminal import TerminalSession
from bastide.session.timer import Timer
from bastide.session.uplink import UplinkArgs

SIZE = 100
MAC = "02:00:00:00:00:42"


class Main:
    def __init__(self, env: Env) -> None:
        self._env, self._timer = env, Timer(env)
        config = env.config.node
        self._period = milliseconds(config.attribute("period_ms", 1000))
        self._use_what_answers_at_once()
        self._nic = NicClient(env, self._progress)
        self._uplink = UplinkClient(env, self._progress)
        self._done = False
        self._timer.every(self._period, self._reopen)

    def _use_what_answers_at_once(self) -> None:
        env = self._env
        with LogSession.connect(env, "swallowed") as log:
            log.write("nobody reads this\n")
        rom = Rom(env, "swallowed")
        _expect(rom.text == b"<empty/>", f"the ROM is not empty, but {rom.text!r}")
        _expect(Reporter(env, "swallowed").submit(b"nobody reads this"), "a report was not taken")
        with CaptureSession.connect(env) as capture:
            capture.buffer(Area(1, 1), Area(0, 0), Rect(0, 0, 1, 1))
            _expect(capture.dataspace() is not None and capture.capture_at(0, 0) == (), "the picture changed")
        with EventSession.connect(env) as events:
            Attached(env.account, events.dataspace()).close()
            events.submit_batch(CAPACITY)
        with TerminalSession.connect(env) as terminal:
            _expect(terminal.write(SIZE) == SIZE and not terminal.avail(), "the terminal answered")
        env.log("log, rom, report, capture, event and terminal swallow what they get")

    def _reopen(self) -> None:
        self._uplink.reopen()

    def _progress(self) -> None:
        if self._nic.enough and self._uplink.enough and not self._done:
            self._done = True
            self._env.log("nic and uplink swallow frames")
            self._env.log("--- test-black_hole finished ---")


class Client:
    """Keeps a number of frames under way, until as many were acknowledged as are its goal."""

    wanted = 0
    under_way = 0

    def __init__(self, progress: Callable[[], None]) -> None:
        self._notify, self.acknowledged, self.goal = progress, 0, self.wanted + 1

    def go_on(self, frames: Frames) -> None:
        frames.tx.release(collected := frames.tx.collect())
        self.acknowledged += len(collected)
        _expect(not frames.rx.take(), "something was received")
        if self.acknowledged < self.goal:
            frames.tx.submit(frames.tx.allocate(SIZE, self.under_way))
            frames.wakeup()
        self._notify()

    @property
    def enough(self) -> bool:
        return self.acknowledged > self.wanted


class NicClient(Client):
    wanted, under_way = 100, 40

    def __init__(self, env: Env, progress: Callable[[], None]) -> None:
        super().__init__(progress)
        buffer = Bytes(self.under_way * SLOT)
        self._nic = Nic(env, "", lambda: self.go_on(self._nic), NicArgs(buffer, buffer))
        _expect(self._nic.session.link_state(), "the link is down")
        _expect(any(self._nic.session.mac_address()), "the address is zero")


class UplinkClient(Client):
    """Closes its session and opens it again, several times."""

    wanted, under_way, times = 200, 30, 4

    def __init__(self, env: Env, progress: Callable[[], None]) -> None:
        super().__init__(progress)
        self._env, self._opened = env, 0
        self._open()

    def reopen(self) -> None:
        if not self.enough:
            self._uplink.close()
            self._open()

    def _open(self) -> None:
        buffer = Bytes(self.under_way * SLOT)
        self._opened += 1
        self.goal = self.wanted * self._opened // self.times + 1
        self._uplink = Uplink(self._env, "", lambda: self.go_on(self._uplink), UplinkArgs(buffer, buffer, MAC))


def _expect(condition: bool, otherwise: str) -> None:
    if not condition:
        raise ValueError(otherwise)


construct = Main
