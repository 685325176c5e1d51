"""Cooperative threads: one runs at a time, and hands over to the next only where it blocks.

Operating-system threads would interleave as they please, and a failure would show once in a hundred runs. Generators
would force `yield` into every component. So each component thread is a real thread that owns a *baton*, a lock, and
runs only while it holds it. Who blocks passes the baton to the head of a first-in-first-out queue. Nothing but the
program itself decides who runs next, so that the same program takes the same course each time.

If nobody can run, one of three things happens. If the *main* thread, the one that made the scheduler, waits for exactly
that (`settle`), it goes on, and time stands still. Otherwise the clock moves to the earliest alarm. If there is none,
nothing could ever happen again: the main thread gets `Deadlock` out of the primitive it is blocked in.

A killed thread gets `Ended` out of the primitive it is blocked in, and out of every further one. A thread that never
blocks cannot be ended, nor can one that catches `Ended` and tries again for ever: nothing here preempts.

Knows nothing of components, calls or signals.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from bastide.kernel.inprocess.clock import Clock

Trace = Callable[[int, str, str], None]
"""Told at each block: the moment, the name of the thread, and what it waits for."""


class Deadlock(BaseException):
    """Nobody can run, no alarm is set, and so nobody ever will. The text tells who waits for whom.

    No `Exception`: it is the test that is stuck, and no dispatch on the way should take it for an error of its own.
    """


class Ended(BaseException):
    """The thread was killed. No `Exception`, so that handlers of errors let it pass."""


class Thread:
    """One thread of the scheduler.

    `waits_for` is what it is blocked on, None while it runs or could run. `idle`: it may well wait for that for ever.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.waits_for: object = None
        self.idle = False
        self.killed = False
        self.finished = False
        self.baton = threading.Lock()
        self.baton.acquire()
        self.native = threading.current_thread()
        self.deadlock: Deadlock | None = None


class Scheduler:
    """Runs threads one at a time under a virtual clock. The thread that makes it is its main thread."""

    def __init__(self, clock: Clock, trace: Trace | None = None) -> None:
        self.main = Thread("main")
        self.current = self.main
        self.clock = clock
        self._trace = trace
        self._threads: list[Thread] = [self.main]
        self._ready: deque[Thread] = deque()
        self._settling = False

    def spawn(self, function: Callable[[], None], name: str) -> Thread:
        """Let `function` run in a new thread, after all that can run already. It must not raise but `Ended`."""
        thread = Thread(name)
        thread.native = threading.Thread(target=self._live, args=(thread, function), name=name, daemon=True)
        thread.native.start()
        self._threads.append(thread)
        self._ready.append(thread)
        return thread

    def block(self, waits_for: object, idle: bool = False) -> None:
        """Let others run until somebody wakes the running thread. `waits_for` is printed where it matters."""
        self.check()
        thread = self.current
        thread.waits_for, thread.idle = waits_for, idle
        if self._trace:
            self._trace(self.clock.now, thread.name, str(waits_for))
        self._hand_over(thread)
        if thread.deadlock:
            deadlock, thread.deadlock = thread.deadlock, None
            raise deadlock
        self.check()

    def pause(self) -> None:
        """Let everybody else who can run do so first."""
        self.check()
        self._ready.append(self.current)
        self._hand_over(self.current)
        self.check()

    def check(self) -> None:
        """Raise `Ended` if the running thread was killed."""
        self._check_turn()
        if self.current.killed:
            raise Ended(f"thread {self.current.name!r} was ended")

    @property
    def in_turn(self) -> bool:
        """Whether the calling thread is the one that may run, as it always is unless something went wrong."""
        return threading.current_thread() is self.current.native

    def wake(self, thread: Thread) -> None:
        """Let a blocked thread run again, after all that can run already."""
        self._check_turn()
        if thread.waits_for is not None:
            thread.waits_for = None
            self._ready.append(thread)

    def kill(self, thread: Thread) -> None:
        """End a thread at the primitive where it blocks, or will block next."""
        if not thread.finished:
            thread.killed = True
            self.wake(thread)

    def settle(self) -> None:
        """Let everybody run until all are blocked, time standing still. For the main thread alone."""
        self.check()
        if self.current is not self.main:
            raise RuntimeError(f"thread {self.current.name!r} cannot watch the others: only the machine's maker can")
        self._settling = True
        self._hand_over(self.main)

    def close(self) -> None:
        """End every thread but the main one, and wait until they are gone."""
        others = [thread for thread in self._threads if thread is not self.main]
        for thread in others:
            self.kill(thread)
        self.settle()
        for thread in others:
            thread.native.join()

    @property
    def threads(self) -> tuple[Thread, ...]:
        """Those that have not finished, oldest first; the main thread is the first."""
        return tuple(self._threads)

    def describe_waiting(self) -> str:
        """Who waits for what, as the text of a `Deadlock`; of the idle only the main thread."""
        stuck = self.stuck
        if self.main.waits_for is not None and self.main not in stuck:
            stuck = (self.main, *stuck)
        return "nobody can run and no alarm is set: " + (
            "; ".join(f"{thread.name} waits for {thread.waits_for}" for thread in stuck) or "all wait for work")

    @property
    def stuck(self) -> tuple[Thread, ...]:
        """The threads that are blocked, and not for being idle."""
        return tuple(thread for thread in self._threads if thread.waits_for is not None and not thread.idle)

    def _check_turn(self) -> None:
        if not self.in_turn:
            raise RuntimeError(f"thread {threading.current_thread().name!r} is not the one whose turn it is"
                               f" ({self.current.name!r}): start threads by Kernel.start_thread only")

    def _live(self, thread: Thread, function: Callable[[], None]) -> None:
        thread.baton.acquire()
        try:
            if not thread.killed:
                function()
        except Ended:
            pass
        finally:
            thread.finished = True
            self._threads.remove(thread)
            self._give_baton_to(self._next())

    def _hand_over(self, thread: Thread) -> None:
        following = self._next()
        if following is not thread:
            self._give_baton_to(following)
            thread.baton.acquire()

    def _give_baton_to(self, thread: Thread) -> None:
        self.current = thread
        thread.baton.release()

    def _next(self) -> Thread:
        while not self._ready:
            if self._settling:
                self._settling = False
                return self.main
            earliest = self.clock.earliest()
            if earliest is None:
                self.main.deadlock = Deadlock(self.describe_waiting())
                self.wake(self.main)
            else:
                self.clock.move_to(max(earliest, self.clock.now))
        return self._ready.popleft()
