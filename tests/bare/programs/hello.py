"""Prints, and ends."""

from __future__ import annotations

from bare import entry, u64, utf8
from bare.std.console import write, write_hex, write_line, write_number
from bare.std.panic import on_panic as on_panic


@entry
def main() -> None:
    write_line(utf8("hello from Python"))
    write_number(u64(18446744073709551615))
    write(utf8(" "))
    write_number(u64(0))
    write(utf8(" "))
    write_hex(u64(0xC0FFEE))
    write(utf8(" "))
    write_hex(u64(0))
    write_line(utf8(""))
