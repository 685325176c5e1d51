"""Timer: the session, and a client that multiplexes any number of timeouts on it."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

from bastide.base import Duration, Env, IoSignalHandler, Session, SignalCap, SignalHandler, rpc


class TimerSession(Session):
    service, ram_quota, cap_quota = "Timer", "10K", 2

    @rpc
    def trigger_once(self, delay: Duration) -> None:
        """Signal once after `delay`. Replaces a pending timeout."""

    @rpc
    def trigger_periodic(self, period: Duration) -> None:
        """Signal every `period`. Zero switches it off."""

    @rpc
    def sigh(self, context: SignalCap | None) -> None:
        """Where to tell that the time has come."""

    @rpc
    def elapsed_ms(self) -> int:
        """Milliseconds since the session was created."""
        ...

    @rpc
    def elapsed_us(self) -> Duration:
        """Time since the session was created."""
        ...


@dataclass(order=True)
class Timeout:
    """A function to be called at a time. Repeats if it has a period."""

    deadline: Duration
    serial: int
    function: Callable[[], object] = field(compare=False)
    period: Duration | None = field(compare=False, default=None)
    pending: bool = field(compare=False, default=True)

    def cancel(self) -> None:
        self.pending = False


class Timer:
    """Timeouts in the component's entrypoint, over one session."""

    def __init__(self, env: Env, label: str = "") -> None:
        self._env, self.session, self._ep = env, TimerSession.connect(env, label), env.ep
        self._queue: list[Timeout] = []
        self._serials = itertools.count()
        self._alarm = SignalHandler(env, self._expire)
        self.session.sigh(self._alarm.cap)

    def now(self) -> Duration:
        """Time since this timer was created."""
        return self.session.elapsed_us()

    def once(self, delay: Duration, function: Callable[[], object]) -> Timeout:
        return self._add(delay, function, None)

    def every(self, period: Duration, function: Callable[[], object]) -> Timeout:
        return self._add(period, function, period)

    def sleep(self, duration: Duration) -> None:
        """Block for a while. Meanwhile the component serves nobody, but I/O-level signals; handlers are better."""
        sleep(self._env, duration)

    def _add(self, delay: Duration, function: Callable[[], object], period: Duration | None) -> Timeout:
        timeout = Timeout(Duration(self.now() + delay), next(self._serials), function, period)
        heapq.heappush(self._queue, timeout)
        self._ep.defer(self._program)
        return timeout

    def _expire(self) -> None:
        """Call what is due now. What is set up by that waits for another signal, however soon it is due."""
        now, due = self.now(), list[Timeout]()
        while self._queue and (self._queue[0].deadline <= now or not self._queue[0].pending):
            due.append(heapq.heappop(self._queue))
        for timeout in due:
            if not timeout.pending:
                continue
            if timeout.period:
                timeout.deadline = Duration(max(timeout.deadline + timeout.period, now))
                heapq.heappush(self._queue, timeout)
            else:
                timeout.pending = False
            self._ep.activate(timeout.function)
        self._ep.defer(self._program)

    def _program(self) -> None:
        if self._queue:
            self.session.trigger_once(Duration(max(0, self._queue[0].deadline - self.now())))


def sleep(env: Env, duration: Duration) -> None:
    """Block for a while, like `Timer.sleep`, in a component that has no other use for time.

    Raises IpcError if the timer ends meanwhile.
    """
    if duration <= 0:
        return
    woken: list[bool] = []
    with TimerSession.connect(env, "sleep") as session, IoSignalHandler(env, lambda: woken.append(True)) as alarm:
        session.sigh(alarm.cap)
        session.trigger_once(duration)
        while not woken:
            env.ep.wait_for_io()
            if not woken:
                session.elapsed_us()        # was it told that its session is over?
