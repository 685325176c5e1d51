from __future__ import annotations

from bare import u32

a = u32(0)


def f() -> None:
    a = u32(1)
    global a
    break

# Expected:
# 10:5: no Python: name 'a' is assigned to before global declaration
