from __future__ import annotations

from bare import u32


def even(n: u32) -> bool:
    return True if n == 0 else odd(n - 1)


def odd(n: u32) -> bool:
    return False if n == 0 else even(n - 1)


def self_made(n: u32) -> u32:
    return self_made(n)

# Expected:
# 7:1: recursion: recursion.odd -> recursion.even -> recursion.odd; a kernel's stack has no room for it
# 15:1: recursion: recursion.self_made -> recursion.self_made; a kernel's stack has no room for it
