from __future__ import annotations

from bare import u32, u64


def f(a: u32, b: u64, flag: bool) -> None:
    c = a
    c = b
    c: u64 = b

# Expected:
# 8:9: expected u32, got u64
# 9:5: c is a u32 already
