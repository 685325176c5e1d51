from __future__ import annotations

from bare import range, u32, u64


def f(a: u32, b: u64, flag: bool) -> None:
    if flag:
        c = a
    a = c
    for i in range(b):
        d = i
    b = d
    b = e

# Expected:
# 9:9: c may not have a value here
# 12:9: d may not have a value here
# 13:9: e is not defined
