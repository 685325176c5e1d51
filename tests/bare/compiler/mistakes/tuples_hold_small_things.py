from __future__ import annotations

from typing import Literal

from bare import Array, View, u32, zeroed


def f(a: Array[u32, Literal[4]], b: u32) -> None:
    c = (a, b)
    d = b[0:1]

# Expected:
# 9:10: a tuple can't hold Array[u32, 4]
# 10:9: u32 has no slices
