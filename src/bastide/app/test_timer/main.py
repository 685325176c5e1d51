"""test-timer: puts off a timeout again and again, then lets many clients be told at their own rates."""

from __future__ import annotations

from collections.abc import Callable

from bastide.base import Duration, Env, SignalHandler, milliseconds
from bastide.session.timer import TimerSession

CLIENTS = 32
LONGEST_PERIOD = milliseconds(32)
SHORT, LONG, TIMES = milliseconds(10), milliseconds(100), 20

FEWEST = 15.1
"""Signals per second that each client gets at least, whatever its period."""

MOST = 4000 * 1.11
"""Signals per second that no client exceeds: one for 250 microseconds, and some tolerance."""


class Main:
    def __init__(self, env: Env) -> None:
        self._env = env
        self._duration = milliseconds(env.config.node.attribute("duration_ms", 10_000))
        self._step: PutOff | Rates = PutOff(env, self._put_off)

    def _put_off(self) -> None:
        self._env.log("a timeout that is put off never fires")
        self._step = Rates(self._env, self._duration, self._finish)

    def _finish(self) -> None:
        self._env.log("--- test-timer finished ---")
        self._env.exit(0)


class PutOff:
    """One session has a long timeout, which is set anew each time another session's short one fires."""

    def __init__(self, env: Env, done: Callable[[], None]) -> None:
        self._short, self._long, self._done = TimerSession.connect(env), TimerSession.connect(env), done
        self._left, self._last = TIMES, self._long.elapsed_us()
        self._held_up = False
        """Whether the long timeout may have fired before it was set anew, so that it tells nothing."""
        self._handlers = SignalHandler(env, self._again), SignalHandler(env, self._fired)
        for session, handler in zip((self._short, self._long), self._handlers, strict=True):
            session.sigh(handler.cap)
        self._again()

    def _again(self) -> None:
        now = self._long.elapsed_us()
        if now < self._last:
            raise ValueError(f"time goes back: from {self._last} to {now}")
        if self._left:
            self._left -= 1
            self._long.trigger_once(LONG)
            self._held_up |= self._long.elapsed_us() - self._last >= LONG
            self._last = now
            self._short.trigger_once(SHORT)
        else:
            for part in (*self._handlers, self._short, self._long):
                part.close()
            self._done()

    def _fired(self) -> None:
        if not self._held_up and self._long.elapsed_us() - self._last < LONG:
            raise ValueError("a timeout fired although it had been replaced")


class Rates:
    """Clients with periods from one microsecond on."""

    def __init__(self, env: Env, duration: Duration, done: Callable[[], None]) -> None:
        self._env, self._done = env, done
        self._clock = TimerSession.connect(env)
        self._end = SignalHandler(env, self._judge)
        self._clock.sigh(self._end.cap)
        self._clients = [Client(env, Duration(LONGEST_PERIOD ** (number / (CLIENTS - 1)))) for number in range(CLIENTS)]
        self._begin = self._clock.elapsed_us()
        self._clock.trigger_once(duration)

    def _judge(self) -> None:
        seconds = (self._clock.elapsed_us() - self._begin) / 1e6
        for client in self._clients:
            client.close()
        for client in self._clients:
            rate = client.count / seconds
            self._env.log(f"period {client.period}: {client.count} signals")
            if not FEWEST <= rate <= MOST:
                raise ValueError(f"{rate:.0f} signals per second instead of {FEWEST:.0f} to {MOST:.0f}")
        self._env.log(f"{CLIENTS} clients got signals, none too few and none too many")
        self._done()


class Client:
    def __init__(self, env: Env, period: Duration) -> None:
        self.period, self.count = period, 0
        self._session = TimerSession.connect(env)
        self._handler = SignalHandler(env, self._tick)
        self._session.sigh(self._handler.cap)
        self._session.trigger_periodic(period)

    def _tick(self) -> None:
        self.count += 1

    def close(self) -> None:
        self._session.close()
        self._handler.close()


construct = Main
