from __future__ import annotations

from bare import Struct, sizeof, u32, u64


class Point(Struct):
    x: u32


assert sizeof(Point) == 8, "a point has two fields"
assert 1 + 1 == u32(2)
while True:
    pass
print("x")

# Expected:
# 10:1: assertion failed: a point has two fields
# 12:1: a module declares things; what happens belongs into a function
# 14:1: a module declares things; what happens belongs into a function
