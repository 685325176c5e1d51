from __future__ import annotations

from memory.counter import table, ticks
from bare import u64


def f() -> u64:
    return table.first + ticks

# Expected:
# 3:1: ticks changes, and CPython would import what it is now: import memory.counter, and write memory.counter.ticks
# 8:26: ticks is not defined
