from __future__ import annotations

from bare import u32, u64


def f(a: u32, b: u64, flag: bool) -> None:
    a + 1
    a == 2
    a

# Expected:
# 7:5: this has no effect
# 8:5: this has no effect
# 9:5: this has no effect
