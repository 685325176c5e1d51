"""Has variables that others read."""

from __future__ import annotations

from bare import Struct, u64, zeroed


class Table(Struct):
    first: u64


ticks = u64(0)
table = zeroed(Table)
