from __future__ import annotations

from bare import u32, u64


def f(a: u32, b: u64, flag: bool) -> None:
    c = a + b

# Expected:
# 7:9: expected u32, got u64
