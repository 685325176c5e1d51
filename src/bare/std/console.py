"""The serial console: text and numbers for people, one byte at a time."""

from __future__ import annotations

from typing import Literal

from bare import TARGET, Array, View, len, u8, u64, utf8, zeroed

if TARGET == "x86_64":
    from bare.std.uart_x86_64 import put
elif TARGET == "aarch64":
    from bare.std.uart_aarch64 import put
elif TARGET == "riscv64":
    from bare.std.uart_riscv64 import put
else:
    from bare.std.cpu_host import put


def write(text: View[u8]) -> None:
    for byte in text:
        put(u64(byte))


def write_byte(byte: u64) -> None:
    put(byte)


def write_line(text: View[u8]) -> None:
    write(text)
    put(u64(10))


def write_number(number: u64) -> None:
    """In decimal."""
    digits = zeroed(Array[u8, Literal[20]])
    at = len(digits)
    rest = number
    while True:
        at -= 1
        digits[at] = u8(48 + rest % 10)
        rest = rest // 10
        if rest == 0:
            break
    write(digits[at:])


def write_hex(number: u64) -> None:
    """In hexadecimal, without leading zeros."""
    write(utf8("0x"))
    shift = u64(64)
    while shift > 4 and number >> shift - 4 == 0:
        shift -= 4
    while shift > 0:
        shift -= 4
        digit = number >> shift & 15
        put(digit + 48 if digit < 10 else digit + 87)
