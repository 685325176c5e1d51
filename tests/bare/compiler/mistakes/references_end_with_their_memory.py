from __future__ import annotations

from typing import Literal

from bare import Array, Ref, Slice, Struct, copy, range, u32, u64, zeroed


class Point(Struct):
    x: u32


def dangling() -> Slice[u32]:
    local = zeroed(Array[u32, Literal[4]])
    return local[1:]


def moved(point: Point) -> Point:
    return point


def reference() -> Ref[Point]:
    return Point(u32(1))


def later(point: Point, flag: bool) -> u32:
    kept = point
    if flag:
        kept = Point(u32(2))
    return kept.x


def rounds() -> None:
    for i in range(3):
        fresh = Point(u32(1))
        fresh = Point(u32(2))

# Expected:
# 14:12: this refers to memory of this call, which ends here
# 18:12: this Point lives elsewhere: return a copy(...), or declare Ref[Point]
# 22:12: this refers to memory of this call, which ends here
# 28:16: kept was bound to something that lives outside of this call, and this lives in this call only: use another name
# 35:17: fresh refers to something made in a loop, so it can't be bound again: use another name
