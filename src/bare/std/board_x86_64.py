"""A PC as QEMU makes it: interrupt table, 8259 interrupt controllers, 8254 timer, and why a frame was made.

Initialises what it owns and says what happened; what to do about it is up to the program's `bare_interrupt`.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from bare import Array, Enum, PhysAddr, Struct, align, range, u16, u64, zeroed
from bare.std import cpu_x86_64 as cpu
from bare.std.cpu_x86_64 import Frame, out8
from bare.std.page_table import PageFormat, x86_64_format
from bare.unsafe import pointer

PIT_HZ: Final = 1193182
TIMER_VECTOR: Final = 32


class Cause(Enum):
    """Why a frame was made."""

    TIMER = 0
    BREAKPOINT = 1
    FAULT = 2                           # an access that nothing answers, or that the page tables do not allow
    OTHER = 3


class TablePointer(Struct, packed=True):
    """What `lidt` and `lgdt` read."""

    limit: u16
    base: u64


gates: Annotated[Array[u64, Literal[512]], align(16)] = zeroed(Array[u64, Literal[512]])


def start() -> None:
    """Take exceptions from now on, and interrupts once they are enabled."""
    for vector in range(cpu.VECTORS):
        set_gate(vector, u64(0))
    descriptor = TablePointer(u16(4095), u64(pointer(gates).address))
    cpu.load_idt(u64(pointer(descriptor).address))
    # Vectors 32 to 47 for the two controllers, the second behind line 2 of the first; all lines are masked.
    out8(u64(0x20), u64(0x11))
    out8(u64(0xA0), u64(0x11))
    out8(u64(0x21), u64(32))
    out8(u64(0xA1), u64(40))
    out8(u64(0x21), u64(4))
    out8(u64(0xA1), u64(2))
    out8(u64(0x21), u64(1))
    out8(u64(0xA1), u64(1))
    out8(u64(0x21), u64(0xFF))
    out8(u64(0xA1), u64(0xFF))


def set_gate(vector: u64, privilege: u64) -> None:
    """Let a vector enter `bare_interrupt`; code of this privilege may cause it by an instruction."""
    entry = cpu.interrupt_entries_address() + vector * cpu.ENTRY_SIZE
    attributes = u64(0x8E) | privilege << 5
    gates[2 * vector] = entry & 0xFFFF | u64(8 << 16) | attributes << 40 | (entry >> 16 & 0xFFFF) << 48
    gates[2 * vector + 1] = entry >> 32


def start_timer(hz: u64) -> None:
    """An interrupt so many times a second, from 19 on."""
    divisor = PIT_HZ // hz
    out8(u64(0x43), u64(0x34))
    out8(u64(0x40), divisor & 0xFF)
    out8(u64(0x40), divisor >> 8)
    out8(u64(0x21), u64(0xFE))


def cause(frame: Frame) -> Cause:
    if frame.vector == TIMER_VECTOR:
        return Cause.TIMER
    if frame.vector == 3:
        return Cause.BREAKPOINT
    if frame.vector == 14:
        return Cause.FAULT
    return Cause.OTHER


def fault_address(frame: Frame) -> u64:
    """Of the access that faulted."""
    return cpu.fault_address()


def acknowledge(frame: Frame) -> None:
    """Done with an interrupt."""
    out8(u64(0x20), u64(0x20))


def cause_breakpoint() -> None:
    """An exception that goes on behind itself."""
    cpu.breakpoint()


def skip_breakpoint(frame: Frame) -> None:
    """The processor did."""


def page_format() -> PageFormat:
    return x86_64_format()


def device_pages() -> Array[u64, Literal[2]]:
    """Where 2 MiB pages of devices are that programs use: the local and the I/O interrupt controllers."""
    return Array(u64(0xFEC00000), u64(0xFEE00000))


def use_page_tables(root: PhysAddr) -> None:
    cpu.use_page_tables(u64(root))
