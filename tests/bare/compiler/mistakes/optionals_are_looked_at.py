from __future__ import annotations

from bare import Err, Ok, Struct, u32, u64


class Point(Struct):
    x: u32


def find(a: u32) -> u32 | None:
    return None


def work(a: u32) -> Ok[u32] | Err[u32]:
    return Ok(a)


def f(a: u32) -> None:
    b = find(a) + 1
    c: u32 = find(a)
    if find(a):
        return
    if a is None:
        return
    work(a)
    d = work(a).value
    e = None
    if find(a) == None:
        return

# Expected:
# 19:9: u32 | None has no +
# 20:14: expected u32, got u32 | None
# 21:8: expected bool, got u32 | None: write 'is not None'
# 23:8: u32 is never None
# 25:5: this result may be an error: look at it
# 26:9: Ok[u32] | Err[u32] may have no value: match it, or ask isinstance first
# 27:9: say what e can be besides None: e: u64 | None = None
# 28:8: None is compared with 'is' and 'is not'
