from __future__ import annotations

from typing import Literal

from bare import Array, Struct, u8, u32


class Point(Struct):
    x: u32


class Packet(Struct, packed=True):
    kind: u8
    words: Array[u32, Literal[2]]
    name: Array[u8, Literal[3]]
    point: Point

# Expected:
# 14:5: Array[u32, 2] has an alignment, which it would lose in a packed struct
