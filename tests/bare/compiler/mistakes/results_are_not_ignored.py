from __future__ import annotations

from bare import Err, Ok, u32


def work(a: u32) -> Ok[u32] | Err[u32]:
    return Ok(u32(a))


def f(a: u32) -> None:
    work(a)
    match work(a):
        case Ok(v) | Err(v):
            pass
    match work(a):
        case Ok(1):
            pass
        case _:
            pass

# Expected:
# 11:5: this result may be an error: look at it
# 13:14: an alternative can't bind a name
# 16:17: name what is in it, and match that
