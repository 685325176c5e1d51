from __future__ import annotations

from typing import NoReturn

from bare import Struct, u32
from bare.unsafe import unreachable


class Point(Struct):
    x: u32


def never() -> NoReturn:
    unreachable()


def returning() -> NoReturn:
    return


def f(a: u32, p: Point) -> None:
    global missing
    missing = a
    p.x: u32 = a
    q: Point
    b = never()


def g(a: u32, pair: tuple[u32, u32]) -> None:
    pair[0] = a
    [a, a] = pair
    assert a == a, f"{a}"

# Expected:
# 18:5: returning says that it never returns
# 23:5: missing is no variable of this module
# 24:5: types are given to names: the fields of a struct have theirs in its class
# 25:5: q needs a value here: what it refers to has to live as long
# 26:9: this never gives a value
# 30:5: this can't be assigned to
# 31:5: this can't be assigned to
# 32:20: the message of an assertion is a literal text
