"""test-black_hole: uses all services of the black hole, which takes everything and gives nothing back."""

from __future__ import annotations

from collections.abc import Callable

from bastide.app.test_black_hole.services import OPTIONAL, SIZE, USES, expect
from bastide.app.test_black_hole.sound import Listener, Player
from bastide.base import Bytes, Env, SessionDenied, milliseconds
from bastide.lib.nic import Frames, Nic, Uplink
from bastide.session.nic import SLOT, NicArgs
from bastide.session.timer import Timer
from bastide.session.uplink import UplinkArgs

MAC = "02:00:00:00:00:42"


class Main:
    def __init__(self, env: Env) -> None:
        self._env, self._timer = env, Timer(env)
        config = env.config.node
        self._period = milliseconds(config.attribute("period_ms", 1000))
        self._use_what_answers_at_once()
        self._sound = Player(env, self._progress), Listener(env, self._progress)
        self._nic = NicClient(env, self._progress)
        self._uplink = UplinkClient(env, self._progress)
        self._done = False
        self._timer.every(self._period, self._reopen)

    def _use_what_answers_at_once(self) -> None:
        for name, use in USES.items():
            try:
                use(self._env)
            except SessionDenied:
                if name not in OPTIONAL:
                    raise
                self._env.log(f"nobody serves {name}")
            else:
                self._env.log(f"{name} swallows what it gets")

    def _reopen(self) -> None:
        self._uplink.reopen()

    def _progress(self) -> None:
        if all(client.enough for client in (*self._sound, self._nic, self._uplink)) and not self._done:
            self._done = True
            self._env.log("audio takes its time, nic and uplink swallow frames")
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
        expect(not frames.rx.take(), "something was received")
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
        expect(self._nic.session.link_state(), "the link is down")
        expect(any(self._nic.session.mac_address()), "the address is zero")


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


construct = Main
