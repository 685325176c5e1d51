"""The serial port of QEMU's `virt` machine for aarch64: a PL011 (Arm DDI 0183, chapter 3)."""

from __future__ import annotations

from typing import Final, Literal

from bare import Array, Struct, VirtAddr, u32, u64
from bare.unsafe import Register, device

BASE: Final = 0x09000000


class Pl011(Struct):
    data: Register[u32]
    _unused: Array[u32, Literal[5]]
    flags: Register[u32]                # bit 5: there is no room


def put(byte: u64) -> None:
    """Waits until there is room."""
    port = device(Pl011, VirtAddr(u64(BASE)))
    while port.flags.read() & 0x20 != 0:
        pass
    port.data.write(u32(byte))
