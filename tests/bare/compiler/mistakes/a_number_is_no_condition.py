from __future__ import annotations

from bare import u32, u64


def f(a: u32, b: u64, flag: bool) -> None:
    if a:
        return
    while a and flag:
        return

# Expected:
# 7:8: expected bool, got u32: compare it with 0
# 9:11: expected bool, got u32: compare it with 0
