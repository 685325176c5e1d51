from __future__ import annotations

from typing import Generic, TypeVar

from bare import Atomic, Struct, View, u32

T = TypeVar("T")


class Point(Struct):
    x: u32
    y: u32


class Pair(Struct, Generic[T]):
    first: T
    second: T


class Counter(Struct):
    value: Atomic[u32]


def f(a: u32, v: View[u32]) -> None:
    b = Point(u32(1), x=u32(2))
    c = Counter(a)
    d = Pair(a, a)
    e = View[u32](a)
    g = a(a)
    h = u32(value=a)
    i = Point(*v)
    j = Point(**v)


def plain(a: u32, b: u32) -> u32:
    return a + b


def g(a: u32, v: View[u32]) -> None:
    b = plain(*v)
    c = plain(a, **v)

# Expected:
# 25:25: x is given twice
# 26:17: Atomic[u32] has no value to copy: use zeroed(Counter)
# 27:9: Pair is generic: write Pair[...](...), or zeroed
# 28:9: View[u32] is not made by calling it
# 29:9: u32 can't be called
# 30:19: no keywords here
# 31:15: there is no unpacking with *
# 32:17: there is no unpacking with **
# 40:15: there is no unpacking with *
# 41:20: there is no unpacking with **
