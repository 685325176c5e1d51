"""Atomics, pointers, and code that is reached through values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from bare import Array, Atomic, Order, Struct, fence, i16, len, range, u8, u32, u64, zeroed
from bare.unsafe import Ptr, Register, elements, pointer, slice_of, unreachable


class Node(Struct):
    value: u32
    next: Ptr[Node] | None


class Chain(Struct):
    first: Ptr[Node] | None
    nodes: Array[Node, Literal[4]]


class Shared(Struct):
    count: Atomic[u32]
    small: Atomic[i16]
    device: Register[u8]


shared = zeroed(Shared)
chain = zeroed(Chain)


def case_atomics() -> u64:
    shared.count.store(u32(5), Order.RELEASE)
    before = shared.count.fetch_add(u32(0xFFFFFFFE), Order.SEQ_CST)
    swapped = shared.count.compare_exchange(u32(3), u32(70), Order.ACQ_REL)
    failed = shared.count.compare_exchange(u32(3), u32(71), Order.RELEASE)
    shared.count.fetch_or(u32(1), Order.RELAXED)
    shared.count.fetch_and(u32(0xFF), Order.RELAXED)
    old = shared.count.exchange(u32(9), Order.ACQUIRE)
    fence(Order.SEQ_CST)
    shared.small.fetch_sub(i16(5), Order.RELAXED)
    return u64(before) * 10000 + u64(old) * 100 + u64(swapped) * 10 + u64(failed) + (
        u64(shared.small.load(Order.ACQUIRE) + 100) + u64(shared.count.load(Order.SEQ_CST)))


def case_registers() -> u64:
    shared.device.write(u8(7))
    return u64(shared.device.read())


def case_a_chain_of_pointers() -> u64:
    chain.first = None
    for i in range(len(chain.nodes)):
        node = chain.nodes[i]
        node.value = u32(i + 1)
        node.next = chain.first
        chain.first = pointer(node)
    total = u64(0)
    at = chain.first
    while at is not None:
        total = total * 10 + u64(at[0].value)
        at = at[0].next
    return total


def case_pointers_into_slices() -> u64:
    numbers: Array[u32, Literal[4]] = Array(u32(1), u32(2), u32(3), u32(4))
    second = elements(numbers[:]).offset(1)
    second[1] = u32(30)
    second.store(second.load() + 5)
    rest = slice_of(second, u64(2))
    return u64(numbers[1]) * 1000 + u64(numbers[2]) * 10 + len(rest)


def case_same_pointers() -> u64:
    first, second = pointer(chain.nodes[0]), pointer(chain.nodes[1])
    return u64(first == pointer(chain.nodes[0])) * 10 + u64(first == second)


def double(x: u32) -> u32:
    return x * 2


def triple(x: u32) -> u32:
    return x * 3


def apply(change: Callable[[u32], u32], x: u32) -> u32:
    return change(change(x))


def case_function_references() -> u64:
    total = u64(0)
    for i in range(u32(4)):
        change = double if i % 2 == 0 else triple
        total = total * 100 + u64(apply(change, i))
    return total


def case_unreachable() -> u64:
    if shared.device.read() > 100:
        return u64(1)
    unreachable()
