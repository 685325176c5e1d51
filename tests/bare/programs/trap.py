"""Traps, and says in which line of Python."""

from __future__ import annotations

from bare import entry, noinline, u8, u64, utf8
from bare.std.console import write_line, write_number
from bare.std.panic import on_panic as on_panic


@noinline
def countdown(start: u64) -> u64:
    left = start
    while True:
        assert left != 3, "three is too few"
        left = left - 1


@noinline
def middle(value: u8) -> u64:
    result = countdown(u64(value) + 1)
    return result + 1


@entry
def main() -> None:
    write_line(utf8("going to trap"))
    write_number(middle(u8(5)))
