from __future__ import annotations

from bare import Struct, u32, u64, zeroed


class Point(Struct):
    x: u32
    y: u32 = u32(1)
    x: u64


class Endless(Struct):
    inner: Endless


class Line(Struct):
    length: u32

    def f(this) -> None:
        pass

    def __len__(self) -> u32:
        return self.length


def f(line: Line) -> None:
    line.length = u64(5)
    line.width = u32(1)
    line.length = 5

# Expected:
# 8:5: fields have no defaults: zeroed(...) gives zeroes
# 13:5: Endless would contain itself
# 19:5: f: the first parameter of a method is self
# 27:19: expected u32, got u64
# 28:5: Line has no width
# 29:19: expected u32, got a literal: write u32(5)
