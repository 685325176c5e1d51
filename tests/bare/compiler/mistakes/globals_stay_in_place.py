from __future__ import annotations

from typing import Final

from bare import Struct, range, u32, u64, zeroed


class Point(Struct):
    x: u32


COUNT: Final = 5
LIMIT: Final[u32] = u32(7)
point = zeroed(Point)
ticks = u64(0)
five = 5
nothing = None
computed = f()
late = u64(FURTHER)
FURTHER: Final = 3
wide = u32(1) - 2


def f() -> u64:
    global ticks, point, COUNT
    ticks = u32(1)
    point = Point(u32(1))
    COUNT = u64(3)
    return ticks

# Expected:
# 16:1: a literal has no width: write five = u64(...), or five: Final = ...
# 17:1: say what nothing can be besides None: nothing: u64 | None = None
# 18:12: f is not defined
# 19:12: FURTHER is not defined
# 21:8: overflow: -1 does not fit u32
# 26:13: expected u64, got u32
# 27:5: point is a Point, whose name stays with it: assign its fields
# 28:5: COUNT is Final
