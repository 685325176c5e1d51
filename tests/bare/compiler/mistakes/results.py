from __future__ import annotations

from bare import u32, u64


def nothing() -> u32:
    pass


def sometimes(a: u32) -> u32:
    if a > 1:
        return a


def wrong(a: u32) -> u64:
    return a


def too_much(a: u32) -> None:
    return a


def too_little(a: u32) -> u32:
    return


def literal() -> u32:
    return 5

# Expected:
# 6:1: nothing may end without a u32
# 10:1: sometimes may end without a u32
# 16:12: expected u64, got u32
# 20:12: too_much returns None
# 24:5: expected u32, got None
# 28:12: expected u32, got a literal: write u32(5)
