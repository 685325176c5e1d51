from __future__ import annotations

from typing import Literal

from bare import Array, Atomic, Ref, Slice, Struct, View, u8, u32


class Point(Struct):
    x: u32
    text: View[u8]
    other: Ref[Point]
    list: list[u32]


def a(x: Array[u32, 5]) -> None:
    pass


def b(x: u32 | u8) -> None:
    pass


def c(x: Array) -> None:
    pass


def d(x: Missing) -> None:
    pass


def e(x: Point | None) -> None:
    pass


def f(x: Atomic[bool]) -> None:
    pass

# Expected:
# 10:5: a field can't be View[u8]: nothing says how long what it refers to lives
# 15:21: expected a type
# 19:10: u32 | u8: there are T | None and Ok[T] | Err[E], no other unions
# 23:10: Array needs arguments, like Array[u8, Literal[16]]
# 27:10: Missing is not defined
# 31:10: Point can't be part of another value: a reference can, Ref[Point]
# 35:17: Atomic holds an integer, not bool
