from __future__ import annotations

from typing import Final

from bare import Bits, Enum, bits, u8, u32, u64


class Low(Bits[u8]):
    low = bits(0, 3)


class Far(Enum):
    AWAY = 18446744073709551616


def five() -> u32:
    return u32(5)


START: Final[u32] = five()
shifted = u32(1) << 40
divided = u32(1) // u32(0)
field = Low(u8(0)).set(low=u8(9))
negative: Final = 1 << -1
backwards: Final = 1 >> -1
nothing: Final = 1 // 0
many: Final = five()

# Expected:
# 12:1: a member needs 64 bits
# 20:21: this is not known when the program is compiled
# 21:11: shift out of range
# 22:11: division by zero
# 23:9: conversion out of range: 9 does not fit 3 bits
# 24:19: shift out of range
# 25:20: shift out of range
# 26:18: division by zero
# 27:15: this is not known when the program is compiled
