from __future__ import annotations

from bare import (
    Array, Enum, Order, Ref, Struct, View, copy, len, range, sizeof, u32, utf8, zeroed,
)


class Color(Enum):
    RED = 1


class Point(Struct):
    x: u32


def f(a: u32, v: View[u32]) -> None:
    b = range(4)
    c = Order(1)
    d = zeroed(Color)
    e = zeroed(View[u32])
    g = sizeof(Ref[Point])
    h = len(a)
    i = copy(a)
    j = utf8(a)
    k = utf8("\ud800")
    m = Array()
    n = Array(v, v)
    q = isinstance(a, u32)
    r = u32.wrap(True)

# Expected:
# 17:9: range belongs into a for loop
# 18:9: Order is not called here
# 19:16: Color has no member that is 0
# 20:16: View[u32] has no zero
# 21:16: Ref[Point] is no type of memory
# 22:13: u32 has no length
# 23:14: expected a struct or array, got u32
# 24:14: expected a literal text
# 25:14: this text can't be written in UTF-8
# 26:9: an empty array says nothing of its elements: use zeroed(Array[...])
# 27:9: memory can't hold View[u32]
# 28:9: isinstance asks whether a result is Ok or Err, nothing else
# 29:9: expected an integer, got bool
