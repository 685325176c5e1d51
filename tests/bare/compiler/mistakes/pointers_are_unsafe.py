from __future__ import annotations

from memory.raw import Numbers, start

from bare import u32, zeroed


numbers = zeroed(Numbers)


def f() -> u32:
    first = start(numbers)
    return first[0] + first.load() + first.offset(1)[2]

# Expected:
# 13:12: Ptr is unsafe: only modules that import from bare.unsafe may use it
