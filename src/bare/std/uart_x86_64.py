"""The first serial port of a PC: a 16550 at port 0x3F8, as its firmware or QEMU left it."""

from __future__ import annotations

from bare import u64
from bare.std.cpu_x86_64 import in8, out8


def put(byte: u64) -> None:
    """Waits until there is room."""
    while in8(u64(0x3FD)) & 0x20 == 0:
        pass
    out8(u64(0x3F8), byte)
