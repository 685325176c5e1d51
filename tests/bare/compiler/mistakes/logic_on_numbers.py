from __future__ import annotations

from bare import u32, u64


def f(a: u32, b: u64, flag: bool) -> None:
    c = flag & True
    d = not a

# Expected:
# 7:9: bool has no &: use and, or, not, == and !=
# 8:13: expected bool, got u32: compare it with 0
