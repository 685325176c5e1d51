"""A component that works with others at each beat, and may come to harm at any step.

Its config says which part it plays, and names who it works with. With a `pace_ms` it takes the beat from the Timer
service, and never comes to harm by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, suppress

from components.mortal.beat import BeatSession
from components.mortal.fate import Fate
from components.mortal.work import PAGE, Bench, WorkSession

from bastide.base import BastideError, Env, IoSignalHandler, OutOfCaps, OutOfRam, RamDataspace, SignalHandler
from bastide.base.value import milliseconds
from bastide.session.timer import Timer, TimerSession


class Main:
    def __init__(self, env: Env) -> None:
        config = env.config.node
        self._env, self._fate = env, Fate(env)
        parts: dict[str, Callable[[Env, Fate, str], Part]] = {
            "client": Client, "server": Server, "sleeper": Sleeper, "greedy": Greedy, "stillborn": Stillborn}
        self._part = parts[config.attribute("part", "client")](env, self._fate, config.attribute("at", ""))
        if pace := config.attribute("pace_ms", 0):
            self._timer = Timer(env)
            self._timer.every(milliseconds(pace), self._work)
            env.log("at work")
            return
        self._number = 0
        self._beats = BeatSession.connect(env)
        self._beat = SignalHandler(env, self._take)
        self._beats.sigh(self._beat.cap)

    def _take(self) -> None:
        beat = self._beats.take()
        if beat.number == self._number:
            return                      # a newcomer may be told of one beat twice
        self._number = beat.number
        self._fate.ordain(beat)
        trouble = "something unforeseen"
        try:
            trouble = self._work()
            self._part.finish()
        finally:
            self._beats.done(beat.number, trouble)

    def _work(self) -> str:
        try:
            self._part.work()
        except BastideError as error:
            return f"{type(error).__name__}: {error}"
        return ""


class Part:
    def __init__(self, env: Env, fate: Fate, at: str) -> None:
        self.env, self.fate, self.at = env, fate, at

    def work(self) -> None:
        raise NotImplementedError

    def finish(self) -> None:
        """What is to happen to it happens within its own work."""
        self.fate.fulfil()


class Client(Part):
    """Has one session for all its life, and one for each beat."""

    def __init__(self, env: Env, fate: Fate, at: str) -> None:
        super().__init__(env, fate, at)
        self._kept: WorkSession | None = None
        self._rung = 0
        self._bell = IoSignalHandler(env, self._heard)

    def work(self) -> None:
        self._go_on()
        step, env = self.fate.step, self.env
        with WorkSession.connect(env, self.at) as work:
            step()
            assert work.add(2, 5) == 7
            with RamDataspace(env.account, PAGE) as load:
                load.view[:3] = b"\1\2\3"
                assert work.weigh(load.cap) == 6
                step()
            assert bytes(env.kernel.read(work.stock().handle, 0, 4)) == b"full"
            assert work.tool().client().turn(90) == -90
            step()
            work.upgrade(ram=PAGE, caps=1)
            rung = self._rung
            work.sigh(self._bell.cap)
            work.ring()
            while self._rung == rung:
                env.ep.wait_for_io()
            step()
        step()

    def _go_on(self) -> None:
        """Work with the session that is kept. One that broke is replaced, once per beat."""
        self.fate.step()
        if self._kept is not None:
            try:
                assert self._kept.add(3, 4) == 7
                return
            except BastideError:
                self._kept.close()
                self._kept = None
        self._kept = WorkSession.connect(self.env, self.at)
        self.fate.step()
        assert self._kept.add(3, 4) == 7

    def _heard(self) -> None:
        self._rung += 1


class Server(Part):
    """What is to happen to it happens while it serves."""

    def __init__(self, env: Env, fate: Fate, at: str) -> None:
        super().__init__(env, fate, at)
        self._root = WorkSession.announce(env, lambda request: Bench(env, fate, request, at))

    def work(self) -> None:
        with RamDataspace(self.env.account, PAGE):
            pass

    def finish(self) -> None:
        """Its clients are at work still."""


class Sleeper(Part):
    """Waits for the timer, by a session for each beat."""

    def work(self) -> None:
        woken = list[bool]()
        self.fate.step()
        with TimerSession.connect(self.env, "sleep") as timer, \
                IoSignalHandler(self.env, lambda: woken.append(True)) as alarm:
            timer.sigh(alarm.cap)
            self.fate.step()
            timer.trigger_once(milliseconds(1))
            while not woken:
                self.env.ep.wait_for_io()
                self.fate.step()
                timer.elapsed_us()          # whoever waits for the dead is told that, but by no alarm


class Greedy(Part):
    """Takes all memory and all capabilities that it may have, and gives them back."""

    def work(self) -> None:
        with ExitStack() as taken:
            with suppress(OutOfRam):
                while True:
                    self.fate.step()
                    taken.enter_context(RamDataspace(self.env.account, 16 * PAGE))
            with suppress(OutOfCaps):
                while True:
                    taken.enter_context(SignalHandler(self.env, lambda: None))
            self.fate.step()


class Stillborn(Part):
    def __init__(self, env: Env, fate: Fate, at: str) -> None:
        super().__init__(env, fate, at)
        raise ValueError("it was not meant to live")


construct = Main
