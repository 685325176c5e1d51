"""Hands out a pointer, as an unsafe module may."""

from __future__ import annotations

from bare import Struct, u32
from bare.unsafe import Ptr, pointer


class Numbers(Struct):
    first: u32


def start(numbers: Numbers) -> Ptr[Numbers]:
    return pointer(numbers)
