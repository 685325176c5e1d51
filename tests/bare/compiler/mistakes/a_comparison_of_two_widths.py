from __future__ import annotations

from bare import u32, u64


def f(a: u32, b: u64, flag: bool) -> None:
    if a == b:
        return
    if 1 < 2:
        return

# Expected:
# 7:8: expected u32, got u64
# 9:8: a comparison of literals is known before
