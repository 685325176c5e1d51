from __future__ import annotations

from typing import Generic, Literal, TypeVar

from bare import Array, Struct, export, u32, u64, zeroed
from bare.unsafe import Ptr

T = TypeVar("T")


class Endless(Struct, Generic[T]):
    next: Ptr[Endless[Ptr[T]]] | None


def grow(value: T) -> None:
    grow((value, value))


def f(a: u32) -> None:
    grow(a)


def e(endless: Endless[u32]) -> None:
    pass


def g(a: Array[u32, Literal[0x1_0000_0000_0000_0000_0000]], b: Array[Array[u32, Literal[99999]], Literal[99999]]) -> None:
    pass


@export("bare.trap")
def h() -> None:
    pass

# Expected:
# 11:1: Endless is needed for ever larger types: one leads to the next
# 15:1: grow is needed for ever larger types: one leads to the next
# 27:29: a length is below 4294967296
# 31:2: @export('bare.trap') is no decorator of the language
