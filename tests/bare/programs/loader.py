"""Prints what the loader left for it, and that memory which is zero at start is zero."""

from __future__ import annotations

from typing import Literal

from bare import Array, entry, u64, utf8, zeroed
from bare.std.console import write_byte, write_hex, write_line
from bare.std.panic import on_panic as on_panic

filled = u64(0x1234)
cleared = zeroed(Array[u64, Literal[3000]])


@entry
def main(first: u64, second: u64) -> None:
    write_hex(first)
    write_byte(u64(32))
    write_hex(second)
    write_line(utf8(""))
    assert filled == 0x1234, "data is loaded"
    for value in cleared:
        assert value == 0, "what is not loaded is zero"
