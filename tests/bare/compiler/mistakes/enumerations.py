from __future__ import annotations

from bare import Enum, u32, u64


class Empty(Enum):
    pass


class Twice(Enum):
    A = 0
    B = 0


class Word(Enum):
    A = "a"


class State(Enum):
    FREE = 1


def f(state: State) -> None:
    a = State.GONE
    b = state < State.FREE
    c = State(1)
    d = state + 1
    e = u32(state)

# Expected:
# 6:1: Empty has no members
# 12:5: B is there twice, or its number
# 16:5: an enumeration has members, like FREE = 0, and methods
# 24:9: State has no member GONE
# 25:9: State has no order: there are == and !=
# 26:9: write State.of(...), which gives None if there is no such member
# 27:9: State has no +
# 28:13: u32 can't be made of State: use .raw
