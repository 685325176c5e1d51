from __future__ import annotations

from bare import u32, u64


def f(a: u32, b: u64, flag: bool) -> None:
    c = a / 2
    a /= 2
    d = a ** 2

# Expected:
# 7:9: there is no /: integers have //
# 8:5: there is no /=: integers have //=
# 9:9: the language has no **
