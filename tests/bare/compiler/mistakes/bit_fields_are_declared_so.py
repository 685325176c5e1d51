from __future__ import annotations

from typing import Final

from bare import Bits, bit, u8

TOP: Final = 7


class Plain(Bits):
    low = bit(0)


class Named(Bits[u8]):
    top = bit(TOP)


class Other(Bits[u8]):
    low = 0


class Good(Bits[u8]):
    low = bit(0)


def f(a: Good) -> Good:
    return a.set(True)

# Expected:
# 10:13: bit fields are of an integer: Bits[u64]
# 15:5: write bit(position), or bits(position, width), with literals
# 19:5: bit fields are like present = bit(0), or level = bits(9, 3)
# 27:18: set takes fields by name: low
