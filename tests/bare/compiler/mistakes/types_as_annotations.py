from __future__ import annotations

from typing import Literal

from bare import Array, Ref, Struct, View, u8, u32, u64

counter = u64(0)


class Point(Struct):
    x: u32


def by_name(a: Array[u8, u32]) -> None:
    pass


def variable_as_type(a: counter) -> None:
    pass


def no_generic(a: counter[u32]) -> None:
    pass


def nothing(a: None) -> None:
    pass


def many_references(a: View[Ref[Point]]) -> None:
    pass


def huge(a: Ref[Array[u64, Literal[4294967295]]]) -> None:
    pass


def half(a: Array[u32]) -> None:
    pass

# Expected:
# 14:26: a length is a number: Literal[16], or a type variable
# 18:25: counter is no type here
# 22:19: counter is no generic type
# 26:16: a parameter can't be None
# 30:29: memory can't hold Ref[Point]
# 34:28: an array has less than 4294967296 bytes
# 38:13: Array[u32] is no type: write Array[u8, Literal[16]]
