from __future__ import annotations

from bare import View, range, u32, u64

count = u64(0)


def f(a: u32, pairs: View[u32]) -> None:
    global count
    for x, y in pairs:
        pass
    for count in range(4):
        pass
    for i in range():
        pass
    for i in range(True):
        pass

# Expected:
# 10:9: the variable of a loop is a name
# 12:9: the variable of a loop is local
# 14:14: range takes a stop, or a start and a stop, or those and a step
# 16:14: a range has integers, not bool
