from __future__ import annotations

import memory.counter as counter
from memory.counter import table, ticks
from bare import u64


def f() -> u64:
    counter.ticks = u64(1)
    return table.first + ticks

# Expected:
# 4:1: ticks changes, and CPython would import what it is now: import memory.counter, and write memory.counter.ticks
# 9:5: a module's variables are assigned to by its own functions: add one to counter
# 10:26: ticks is not defined
