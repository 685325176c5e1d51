"""A ring buffer between one who puts and one who takes, such as an interrupt and the code that it interrupts.

Neither waits for the other. `N` is the number of slots. The counters only grow; their difference is what is in the
ring, and each is written by one side alone.
"""

from __future__ import annotations

from typing import Generic, TypeVar

from bare import Array, Atomic, Order, Struct, len, u64

T = TypeVar("T")
N = TypeVar("N", bound=int)


class Ring(Struct, Generic[T, N]):
    slots: Array[T, N]
    put_count: Atomic[u64]
    taken_count: Atomic[u64]

    def length(self) -> u64:
        """How many are in the ring; by the time that anybody reads it, there may be others."""
        taken = self.taken_count.load(Order.ACQUIRE)
        return self.put_count.load(Order.ACQUIRE).wrapping_sub(taken)

    def put(self, value: T) -> bool:
        """False if there is no room."""
        count = self.put_count.load(Order.RELAXED)
        if count.wrapping_sub(self.taken_count.load(Order.ACQUIRE)) == len(self.slots):
            return False
        self.slots[count % len(self.slots)] = value
        self.put_count.store(count.wrapping_add(1), Order.RELEASE)
        return True

    def take(self) -> T | None:
        """The oldest, if there is one."""
        count = self.taken_count.load(Order.RELAXED)
        if self.put_count.load(Order.ACQUIRE) == count:
            return None
        value = self.slots[count % len(self.slots)]
        self.taken_count.store(count.wrapping_add(1), Order.RELEASE)
        return value
