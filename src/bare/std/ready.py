"""The ready queue of a scheduler: 64 priorities, first come first served within each, all operations in O(1).

`N` is the number of threads, which are named by their index. Higher numbers run first.
"""

from __future__ import annotations

from typing import Final, Generic, Literal, TypeVar

from bare import Array, Struct, u32, u64
from bare.std.list import Links, List

N = TypeVar("N", bound=int)

PRIORITIES: Final = 64


class ReadyQueue(Struct, Generic[N]):
    waiting: u64                        # bit n: a thread of priority n waits
    queues: Array[List, Literal[64]]
    links: Links[N]

    def enqueue(self, thread: u32, priority: u64) -> None:
        """Behind all others of its priority."""
        self.queues[priority].append(self.links, thread)
        self.waiting = self.waiting | u64(1) << priority

    def enqueue_first(self, thread: u32, priority: u64) -> None:
        """Before all others of its priority: for a thread that was interrupted before its time was over."""
        self.queues[priority].prepend(self.links, thread)
        self.waiting = self.waiting | u64(1) << priority

    def remove(self, thread: u32, priority: u64) -> None:
        """A thread that waits with this priority does so no more."""
        self.queues[priority].remove(self.links, thread)
        if self.queues[priority].length == 0:
            self.waiting = self.waiting & ~(u64(1) << priority)

    def highest(self) -> u64 | None:
        """The priority of the thread that is next."""
        if self.waiting == 0:
            return None
        return 63 - self.waiting.leading_zeros()

    def take(self) -> u32 | None:
        """Take out the thread that is next."""
        priority = self.highest()
        if priority is None:
            return None
        thread = self.queues[priority].take_first(self.links)
        if self.queues[priority].length == 0:
            self.waiting = self.waiting & ~(u64(1) << priority)
        return thread
