"""Core's eyes on descriptors: a thread that sleeps until one of them is ready, and tells.

Core's entrypoints wait for their doorbells alone, which is what makes calls to core cheap. The few things that arrive
otherwise (a process ended, a component takes its news again) are turned into posts to a gate by this thread.
"""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Callable
from contextlib import suppress


class Watch:
    """Each watch tells once. The functions run in the watching thread, so they should post, and no more."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._functions: dict[int, Callable[[], None]] = {}
        self._stop, self._stopper = os.pipe()
        self._epoll.register(self._stop, select.EPOLLIN)
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self._thread.start()

    def readable(self, descriptor: int, function: Callable[[], None]) -> None:
        self._watch(descriptor, function, select.EPOLLIN)

    def writable(self, descriptor: int, function: Callable[[], None]) -> None:
        self._watch(descriptor, function, select.EPOLLOUT)

    def hangup(self, descriptor: int, function: Callable[[], None]) -> None:
        """Of a socket's other end, or the whole of it."""
        self._watch(descriptor, function, 0)

    def forget(self, descriptor: int) -> None:
        """Before the descriptor is closed."""
        if self._functions.pop(descriptor, None) is not None:
            with suppress(OSError):
                self._epoll.unregister(descriptor)

    def close(self) -> None:
        os.close(self._stopper)
        self._thread.join()
        self._epoll.close()
        os.close(self._stop)

    def _watch(self, descriptor: int, function: Callable[[], None], event: int) -> None:
        known = descriptor in self._functions
        self._functions[descriptor] = function
        (self._epoll.modify if known else self._epoll.register)(descriptor, event | select.EPOLLONESHOT)

    def _run(self) -> None:
        while True:
            for descriptor, _ in self._epoll.poll():
                if descriptor == self._stop:
                    return
                self._functions.get(descriptor, _nothing)()     # in no variable, which would keep a dead domain


def _nothing() -> None:
    """Forgotten in the meantime."""
