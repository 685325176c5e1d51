from __future__ import annotations

from bare import Err, Ok, u8, u32


def f(r: Ok[u32] | Err[u8]) -> None:
    match 3:
        case _:
            pass
    match r:
        case u32():
            pass
        case _:
            pass
    if isinstance(r, Ok):
        match r:
            case Err(_):
                pass
            case _:
                pass

# Expected:
# 7:11: a literal is known before
# 11:14: a result is Ok(...) or Err(...)
# 17:18: Ok[u32] can't be this
