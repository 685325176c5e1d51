"""Generic structs and functions, function references, tuples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, Literal, TypeVar

from bare import Array, Slice, Struct, View, i32, len, range, u8, u32, u64, zeroed

T = TypeVar("T")
N = TypeVar("N", bound=int)


class Ring(Struct, Generic[T, N]):
    data: Array[T, N]
    head: u64
    count: u64

    def push(self, value: T) -> bool:
        if self.count == len(self.data):
            return False
        self.data[(self.head + self.count) % len(self.data)] = value
        self.count += 1
        return True

    def pop(self) -> T | None:
        if self.count == 0:
            return None
        value = self.data[self.head]
        self.head = (self.head + 1) % len(self.data)
        self.count -= 1
        return value


class Pair(Struct, Generic[T]):
    first: T
    second: T


class Rings(Struct):
    small: Ring[u8, Literal[2]]
    large: Ring[i32, Literal[5]]


rings = zeroed(Rings)


def swap(items: Slice[T], i: u64, j: u64) -> None:
    items[i], items[j] = items[j], items[i]


def sort(items: Slice[T], before: Callable[[T, T], bool]) -> None:
    for i in range(1, len(items)):
        j = i
        while j > 0 and before(items[j], items[j - 1]):
            swap(items, j, j - 1)
            j -= 1


def first(items: View[T], otherwise: T) -> T:
    return items[0] if len(items) > 0 else otherwise


def fill(ring: Ring[T, N], value: T) -> u64:
    pushed = u64(0)
    while ring.push(value):
        pushed += 1
    return pushed


def less(a: i32, b: i32) -> bool:
    return a < b


def more(a: i32, b: i32) -> bool:
    return a > b


def divide(a: u32, b: u32) -> tuple[u32, u32, bool]:
    if b == 0:
        return u32(0), u32(0), False
    return a // b, a % b, True


def case_rings_of_two_sizes() -> u64:
    pushed = fill(rings.small, u8(7)) * 10 + fill(rings.large, i32(-3))
    total = u64(0)
    while True:
        value = rings.large.pop()
        if value is None:
            break
        total += u64(value + 5)
    return pushed * 100 + total


def case_sorting_both_ways() -> u64:
    numbers: Array[i32, Literal[4]] = Array(i32(5), i32(-2), i32(9), i32(0))
    sort(numbers[:], less)
    total = u64(0)
    for number in numbers:
        total = total * 16 + u64(number + 3)
    chosen = more
    sort(numbers[1:], chosen)
    for number in numbers:
        total = total * 16 + u64(number + 3)
    return total


def case_inferred_from_arguments() -> u64:
    numbers: Array[u32, Literal[2]] = Array(u32(5), u32(6))
    return u64(first(numbers[1:], u32(1))) * 10 + u64(first(numbers[2:], u32(1)))


def case_constructed() -> u64:
    pair = Pair[u32](u32(3), u32(4))
    pair.first += pair.second
    return u64(pair.first)


def case_tuples() -> u64:
    quotient, rest, fine = divide(u32(17), u32(5))
    nothing = divide(u32(1), u32(0))
    return u64(quotient) * 100 + u64(rest) * 10 + u64(fine) + u64(nothing[2])
