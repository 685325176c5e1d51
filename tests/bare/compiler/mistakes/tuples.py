from __future__ import annotations

from bare import Slice, Struct, u32, u64


def pair(a: u32) -> tuple[u32, u64]:
    return a, u64(1)


def f(a: u32) -> None:
    b, c, d = pair(a)
    e, g = a
    h = pair(a)[2]
    i = pair(a)[a]
    j, k = 1, 2
    m = n = a


class Point(Struct):
    x: u32


def exchange(points: Slice[Point]) -> None:
    points[0], points[1] = points[1], points[0]

# Expected:
# 11:5: 3 targets for 2 values
# 12:12: expected 2 values, got u32
# 13:17: the index of a tuple is a literal from 0 to 1
# 14:17: the index of a tuple is a literal from 0 to 1
# 15:12: a literal has no width here: write u64(...)
# 16:5: one target at a time: write a = x, then b = x
# 24:5: Points are copied one after the other, and may overwrite what comes next: write a line for each
