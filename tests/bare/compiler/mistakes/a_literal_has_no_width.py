from __future__ import annotations

from bare import u32, u64


def f(a: u32, b: u64, flag: bool) -> None:
    c = 5
    d: u32 = 7

# Expected:
# 7:9: a literal has no width: write u64(...), or c: Final outside of functions
# 8:14: expected u32, got a literal: write u32(7)
