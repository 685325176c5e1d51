from __future__ import annotations

from bare import range, u32, u64


def f(a: u32, b: u64, flag: bool) -> None:
    for i in range(3):
        pass
    else:
        pass
    while flag:
        pass
    else:
        pass
    for i in a:
        pass
    for i in range(0, 5, b):
        pass

# Expected:
# 10:9: a loop has no else
# 14:9: a loop has no else
# 15:14: a loop goes over a range, an array or a slice, not u32
# 17:26: a step is a literal, and not 0
