from __future__ import annotations

from bare import u32


def no_result(a: u32):
    pass


def no_type(a, b: u32) -> None:
    pass


def default(a: u32 = u32(1)) -> None:
    pass


def many(*a: u32) -> None:
    pass


def number(a: int) -> float:
    pass


def text(a: str) -> None:
    pass

# Expected:
# 6:1: no_result needs a result type: -> None, if there is none
# 10:13: a needs a type
# 14:22: parameters have no defaults
# 18:1: many: parameters are plain names with types
# 22:15: int has no width: say u64, or another integer of the language
# 26:13: str: texts are View[u8], made by utf8(...)
