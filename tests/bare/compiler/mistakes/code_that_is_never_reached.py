from __future__ import annotations

from bare import u32, u64


def f(a: u32, b: u64, flag: bool) -> None:
    return
    a = a + 1

# Expected:
# 8:5: control never gets here
