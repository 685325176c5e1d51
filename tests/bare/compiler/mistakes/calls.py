from __future__ import annotations

from bare import Struct, u32, u64


class Point(Struct):
    x: u32
    y: u32

    def move(self, by: u32) -> None:
        self.x += by


def g(a: u32, b: u64) -> u32:
    return a


def f(p: Point) -> None:
    g(u32(1))
    g(u32(1), u32(2))
    g(1, u64(2))
    g(u32(1), c=u64(3))
    g(b=u64(3), a=u32(1))
    p.move(u64(3))
    p.jump()
    p.x()
    Point(u32(1))
    q = Point(u32(1), u32(2), u32(3))
    r = Point(x=u32(1), z=u32(2))
    p.move
    g

# Expected:
# 19:5: g takes 2 arguments, got 1
# 20:15: expected u64, got u32
# 21:7: expected u32, got a literal: write u32(1)
# 22:17: g has no parameter c
# 23:9: b is out of order: g takes a, b
# 24:12: expected u32, got u64
# 25:5: Point has no method jump
# 26:5: Point has no method x
# 27:5: Point needs y too
# 28:9: Point has 2 fields, got 3 values
# 29:27: Point has no field z
# 30:5: move is a method of Point: call it
# 31:5: this has no effect
