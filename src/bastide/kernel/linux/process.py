"""A running component as core sees it: how it ended, what it takes, where it runs.

Owns its pidfd. Core is the parent of every component, so nobody else can reap it and its process id stays its own until
`ended` has told how it ended. Knows nothing of how it was made.
"""

from __future__ import annotations

import os
import resource
import select
import signal
import socket
import time
from collections.abc import Callable

from bastide.kernel.interface import Ending, Placement

_PAGE = resource.getpagesize()
_LOWEST_NICE = 19
_CPUCLOCK_SCHED = 2
"""The clock of what a process ran. Its id is made of the process id, as clock_getcpuclockid(3) does."""
_PRIORITIES = 1 << 16
_ROUNDS = 8


class Process:
    """Core's side of a component. After it ended, all operations but `close` do nothing or answer 0."""

    def __init__(self, pidfd: int, pid: int, reaped: Callable[[], None] = lambda: None,
                 cradle: socket.socket | None = None) -> None:
        """Takes over `pidfd` and `cradle`. `reaped` is called once, when the process is gone for good."""
        self.pidfd = pidfd
        """Readable once the process ended, for epoll."""
        self.pid = pid
        """The process id on the host."""
        self.cradle = cradle
        """Hangs up when the component is constructed. None if it is no component, or the cradle was closed."""
        self._reaped = reaped
        self._ending: Ending | None = None
        self._statm: int | None = os.open(f"/proc/{pid}/statm", os.O_RDONLY | os.O_CLOEXEC)

    def ended(self) -> Ending | None:
        """How it ended; None while it runs."""
        return self._ending or self._wait(os.WNOHANG)

    def join(self) -> Ending:
        """Wait for its end."""
        ending = self._ending or self._wait(0)
        assert ending is not None
        return ending

    def ends_within(self, milliseconds: int) -> bool:
        """Wait for its end, but not for ever."""
        if self._ending is None:
            end = select.poll()
            end.register(self.pidfd, select.POLLIN)
            end.poll(milliseconds)
        return self.ended() is not None

    def kill(self) -> None:
        if self._ending is None:
            signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)

    def data_bytes(self) -> int:
        """What counts against `limit_data`, and besides the few pages of the main thread's stack."""
        if self._ending is not None or self._statm is None:
            return 0
        try:
            # size resident shared text lib data dt; data includes the stack
            return int(os.pread(self._statm, 256, 0).split()[5]) * _PAGE
        except ProcessLookupError:
            return 0

    def cpu_time(self) -> int:
        """Microseconds that all its threads ran together."""
        if self._ending is not None:
            return 0
        try:
            return time.clock_gettime_ns(~self.pid << 3 | _CPUCLOCK_SCHED) // 1000
        except OSError:                     # it is a zombie
            return 0

    def limit_data(self, limit: int) -> None:
        """Let it have at most so many bytes of private writeable memory. What it has already, it keeps."""
        if self._ending is None:
            resource.prlimit(self.pid, resource.RLIMIT_DATA, (limit, resource.RLIM_INFINITY))

    def place(self, placement: Placement) -> None:
        """Move all its threads; no processors means those of core.

        Raises PermissionError if a priority is to rise again and core has no privilege.
        """
        if self._ending is not None:
            return
        own = os.getpriority(os.PRIO_PROCESS, 0)
        nice = min(_LOWEST_NICE, own + placement.priority * (_LOWEST_NICE + 1) // _PRIORITIES)
        processors = placement.processors or tuple(os.sched_getaffinity(0))
        placed: set[int] = set()
        # A thread takes after the one that starts it, so those that appear meanwhile were placed, or are found in the
        # next round. Bounded: the component may start threads as fast as it can.
        for _ in range(_ROUNDS):
            threads = self._threads() - placed
            for thread in threads:
                self._place_thread(thread, nice, processors)
            placed |= threads
            if not threads:
                break

    @property
    def closed(self) -> bool:
        return self._statm is None

    def close(self) -> None:
        """Give up the descriptors. The process must have ended."""
        if self._statm is not None:
            os.close(self._statm)
            os.close(self.pidfd)
            self._statm = None
            self.leave_cradle()

    def leave_cradle(self) -> None:
        if self.cradle is not None:
            self.cradle.close()
            self.cradle = None

    def _wait(self, how: int) -> Ending | None:
        try:
            result = os.waitid(os.P_PIDFD, self.pidfd, os.WEXITED | how)
        except ChildProcessError:
            self._ending = Ending(-1, "lost")   # somebody else in core waited for all children
        else:
            if result is None:
                return None
            self._ending = _ending(result.si_code, result.si_status)
        self._reaped()
        return self._ending

    def _threads(self) -> set[int]:
        try:
            return {int(name) for name in os.listdir(f"/proc/{self.pid}/task")}
        except FileNotFoundError:
            return set()

    @staticmethod
    def _place_thread(thread: int, nice: int, processors: tuple[int, ...]) -> None:
        try:
            os.sched_setaffinity(thread, processors)
            if os.getpriority(os.PRIO_PROCESS, thread) != nice:
                os.setpriority(os.PRIO_PROCESS, thread, nice)
        except ProcessLookupError:
            return


def _ending(code: int, status: int) -> Ending:
    if code == os.CLD_EXITED:
        return Ending(status)
    if status == signal.SIGKILL:
        return Ending(-status, "killed")
    try:
        return Ending(-status, signal.Signals(status).name)
    except ValueError:
        return Ending(-status, f"signal {status}")
