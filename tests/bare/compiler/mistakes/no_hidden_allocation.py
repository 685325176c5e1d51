from __future__ import annotations

from bare import u32, u64


def f(a: u32, b: u64, flag: bool) -> None:
    c = [a]
    d = [x for x in c]
    e = {a: b}
    g = f'{a}'
    h = 'text'
    i = 1.5

# Expected:
# 7:9: there are no lists: write Array(...)
# 8:9: there are no comprehensions: nothing is allocated in secret; write a loop
# 9:9: there are no dictionaries
# 10:9: there are no formatted texts
# 11:9: a text has to be made a View[u8]: write utf8("...")
# 12:9: float is no type of the language
