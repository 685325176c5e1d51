from __future__ import annotations

from typing import Literal

from bare import Array, View, range, u32, u64


def f(a: Array[u32, Literal[4]], v: View[u32], i: u32) -> None:
    b = a[4]
    c = a[-1]
    d = a[i]
    e = a[0:2:1]
    a[0:2] = a[1:3]
    v[0] = u32(1)
    i[0] = i
    v.fill(u32(0))
    a.fill(u32(0))

# Expected:
# 9:11: index 4 of Array[u32, 4], whose last one is 3
# 10:11: an index does not count from the end: it can't be negative
# 11:11: expected u64, got u32
# 12:15: a slice has no step
# 13:5: a slice is filled by .copy_from(...) or .fill(...)
# 14:5: View[u32] can only be read
# 15:5: u32 has no elements
# 16:5: View[u32] can only be read
# 17:5: Array[u32, 4] has no method fill
