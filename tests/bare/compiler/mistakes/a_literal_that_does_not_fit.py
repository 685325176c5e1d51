from __future__ import annotations

from bare import u8, u32, u64


def f(a: u32, b: u64, flag: bool) -> None:
    c = u8(256)
    d = a + 0x1_0000_0000
    e = u8(1) - 1000

# Expected:
# 7:12: 256 does not fit u8
# 8:9: 4294967296 does not fit u32
# 9:9: 1000 does not fit u8
