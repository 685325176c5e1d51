from __future__ import annotations

from bare import u32, u64


def f(a: u32, b: u64, flag: bool) -> None:
    try:
        pass
    except OverflowError:
        pass
    raise ValueError

# Expected:
# 7:5: there are no exceptions: an error is a value; match it
# 11:5: there are no exceptions: return an Err(...), or assert
