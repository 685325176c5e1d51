from __future__ import annotations

from bare import u32, u64


def f(a: u32, b: u64, flag: bool) -> None:
    c = -a

# Expected:
# 7:9: u32 has no negative values: use wrapping_sub, or a signed integer
