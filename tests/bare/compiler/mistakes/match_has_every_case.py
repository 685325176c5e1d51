from __future__ import annotations

from bare import Enum, Err, Ok, u32, u64


class State(Enum):
    FREE = 0
    BUSY = 1
    DEAD = 2


def f(state: State, number: u32, maybe: u32 | None, result: Ok[u32] | Err[State], flag: bool) -> None:
    match state:
        case State.FREE:
            pass
    match number:
        case 1:
            pass
    match maybe:
        case None:
            pass
    match result:
        case Ok(value):
            pass
    match flag:
        case True:
            pass
    match state:
        case State.FREE | State.BUSY | State.DEAD:
            pass
        case _:
            pass
    match state:
        case 0:
            pass
        case State.GONE:
            pass
    match number:
        case [a, b]:
            pass

# Expected:
# 13:5: no case for State.BUSY, State.DEAD
# 16:5: not every u32 has its case: add case _
# 19:5: no case for a value
# 22:5: no case for Err
# 25:5: no case for False
# 31:14: all values have their case already
# 34:14: expected State, got a literal
# 39:14: this pattern does not fit u32
