from __future__ import annotations

from bare import u32, u64


def f(a: u32, b: u64, flag: bool) -> None:
    c = missing + a
    d = len(b)
    for i in range(3):
        pass
    nothing(a)

# Expected:
# 7:9: missing is not defined
# 8:9: len is not defined: from bare import len
# 9:14: range is not defined: from bare import range
# 11:5: nothing is not defined
