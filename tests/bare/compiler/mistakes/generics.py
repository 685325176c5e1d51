from __future__ import annotations

from typing import Generic, Literal, TypeVar

from bare import Array, Struct, View, u32, u64, zeroed


T = TypeVar("T")
N = TypeVar("N", bound=int)


class Ring(Struct, Generic[T, N]):
    data: Array[T, N]


def both(a: View[T], b: View[T]) -> None:
    pass


def made(a: u32) -> T:
    return a


def known(a: View[T]) -> None:
    b = zeroed(Array[T, Literal[3]])


def f(a: View[u32], b: View[u64]) -> None:
    both(a, b)
    both(1, 2)
    known(a)
    r = zeroed(Ring)
    s = zeroed(Ring[u32])
    t = made(u32(1))

# Expected:
# 20:21: nothing says what T is: no parameter has it
# 25:16: Array[T, 3] is not known when CPython runs this: take the value as an argument
# 29:5: T is u32 in one argument and u64 in another
# 30:5: both: expected View[T], got a literal
# 32:16: Ring is generic: it needs [T, N]
# 33:16: Ring takes 2 type arguments, got 1
