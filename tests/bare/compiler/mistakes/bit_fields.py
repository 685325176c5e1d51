from __future__ import annotations

from bare import Bits, bit, bits, i32, u32, u64


class Entry(Bits[u32]):
    present = bit(0)
    frame = bits(12, 21)


class Signed(Bits[i32]):
    present = bit(0)


class Fine(Bits[u32]):
    present = bit(0)
    level = bits(4, 3)


def f(entry: Fine) -> None:
    entry.present = True
    a = entry.set(present=u32(1))
    b = entry.set(missing=True)
    c = entry + 1
    d = Fine(u64(1))

# Expected:
# 8:5: frame is outside of u32
# 11:14: bit fields are of an unsigned integer, not of i32
# 21:5: bit fields don't change: write x = x.set(present=...)
# 22:27: expected bool, got u32
# 23:27: Fine has no field missing
# 24:9: Fine has no +
# 25:14: expected u32, got u64
