from __future__ import annotations

from bare import Ref, Struct, u32


class Point(Struct):
    x: u32

    def move(self) -> None:
        self.x += 1


def f(a: u32, o: Ref[Point] | None, n: u32 | None) -> None:
    b = o.x
    o.move()
    n.wrapping_add(u32(1))
    if a is a:
        pass
    if 3 is 4:
        pass
    if None is None:
        pass

# Expected:
# 14:9: Point | None may be None: ask 'is not None' first
# 15:5: Point | None may be None: ask 'is not None' first
# 16:5: u32 | None may be None: ask 'is not None' first
# 17:8: 'is' compares with None only
# 19:8: 'is' compares with None only
# 21:8: this is always None
