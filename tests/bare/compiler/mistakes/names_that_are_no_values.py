from __future__ import annotations

from typing import TypeVar

from bare import Struct, View, u32, u64
from bare.encode.x86_64 import RAX
from bare.std import console

T = TypeVar("T")
before = u64(0)
after = before


class Point(Struct):
    x: u32

    def move(self) -> None:
        self.x += 1


def first(items: View[T]) -> T:
    return items[0]


def same(value: T) -> T:
    return value


def f(a: u32) -> None:
    b = Point
    c = first
    d = Point.x
    e = console.missing
    g = Point.move(a)
    h = RAX
    i = 1 << 4095 << 4095
    j = first(3)
    k = same(3)

# Expected:
# 11:9: before has no value yet when the program is compiled
# 30:9: Point is no value
# 31:9: first is no value by itself: call it
# 32:9: Point has no value x
# 33:9: module bare.std.console has no missing
# 34:9: move is a method: call it on a value of Point
# 35:9: RAX exists only while the program is compiled, in @instructions
# 36:9: a literal of more than 4096 bits
# 37:9: first: expected View[T], got a literal
# 38:9: a literal does not say what T is: write u64(...)
