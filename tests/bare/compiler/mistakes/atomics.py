from __future__ import annotations

from bare import Atomic, Order, Struct, copy, fence, u32, u64, zeroed


class Shared(Struct):
    count: Atomic[u32]


shared = zeroed(Shared)


def f(order: u32) -> None:
    shared.count = zeroed(Atomic[u32])
    shared.count.fetch_add(u64(1), Order.RELAXED)
    shared.count.store(u32(1), Order.ACQUIRE)
    shared.count.load(order)
    a = shared.count + 1
    b = copy(shared)
    fence(Order.RELAXED)

# Expected:
# 14:5: Atomic[u32] can't be copied: use its methods
# 15:28: expected u32, got u64
# 16:32: ACQUIRE makes no sense here: use RELAXED, RELEASE, SEQ_CST
# 17:23: expected an Order, like Order.ACQUIRE, written here
# 18:9: Atomic[u32] has no +
# 19:9: Atomic[u32] can't be copied: use its methods
# 20:11: a relaxed fence does nothing
