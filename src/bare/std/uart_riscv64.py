"""The serial port of QEMU's `virt` machine for riscv64: a 16550 in memory."""

from __future__ import annotations

from typing import Final, Literal

from bare import Array, Struct, VirtAddr, u8, u64
from bare.unsafe import Register, device

BASE: Final = 0x10000000


class Uart(Struct):
    data: Register[u8]
    _unused: Array[u8, Literal[4]]
    status: Register[u8]                # bit 5: there is room


def put(byte: u64) -> None:
    """Waits until there is room."""
    port = device(Uart, VirtAddr(u64(BASE)))
    while port.status.read() & 0x20 == 0:
        pass
    port.data.write(u8(byte))
