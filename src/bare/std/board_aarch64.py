"""QEMU's `virt` machine for aarch64: interrupt controller (GICv2), virtual timer, and why a frame was made.

Initialises what it owns and says what happened; what to do about it is up to the program's `bare_interrupt`.
"""

from __future__ import annotations

from typing import Final, Literal

from bare import Array, Enum, PhysAddr, VirtAddr, u32, u64
from bare.std import cpu_aarch64 as cpu
from bare.std.cpu_aarch64 import Frame
from bare.std.page_table import PageFormat, aarch64_format
from bare.unsafe import pointer_to

DISTRIBUTOR: Final = 0x08000000
CPU_INTERFACE: Final = 0x08010000
TIMER_INTERRUPT: Final = 27             # of the virtual timer
# Attribute 0: normal memory, write-back; attribute 1: device, neither gathered nor reordered.
MEMORY_ATTRIBUTES: Final = 0x04FF
# 48-bit addresses, 4 KiB granule, cacheable inner-shareable tables, 40-bit physical addresses, no upper range.
TRANSLATION_CONTROL: Final = 16 | 1 << 8 | 1 << 10 | 3 << 12 | 1 << 23 | 2 << 32


class Cause(Enum):
    """Why a frame was made."""

    TIMER = 0
    BREAKPOINT = 1
    FAULT = 2                           # an access that nothing answers, or that the page tables do not allow
    OTHER = 3


interval = u64(0)


def start() -> None:
    """Take exceptions from now on, and interrupts once they are enabled."""
    cpu.take_exceptions()
    write(u64(DISTRIBUTOR), u32(1))
    write(u64(DISTRIBUTOR + 0x100), u32(1 << TIMER_INTERRUPT))
    write(u64(CPU_INTERFACE + 4), u32(0xFF))
    write(u64(CPU_INTERFACE), u32(1))


def start_timer(hz: u64) -> None:
    """An interrupt so many times a second."""
    global interval
    interval = cpu.timer_frequency() // hz
    cpu.start_timer(interval)


def cause(frame: Frame) -> Cause:
    if frame.kind == cpu.INTERRUPT:
        return Cause.TIMER
    if frame.kind != cpu.SYNCHRONOUS:
        return Cause.OTHER
    kind = frame.esr >> 26
    if kind == 0x15:
        return Cause.BREAKPOINT
    if kind == 0x25 or kind == 0x21:
        return Cause.FAULT
    return Cause.OTHER


def fault_address(frame: Frame) -> u64:
    """Of the access that faulted."""
    return frame.far


def acknowledge(frame: Frame) -> None:
    """Done with an interrupt; the timer starts anew."""
    number = pointer_to(u32, VirtAddr(u64(CPU_INTERFACE + 12))).load()
    if number & 0x3FF == TIMER_INTERRUPT:
        cpu.start_timer(interval)
    write(u64(CPU_INTERFACE + 16), number)


def cause_breakpoint() -> None:
    """An exception that goes on behind itself."""
    cpu.supervisor_call()


def skip_breakpoint(frame: Frame) -> None:
    """The processor did."""


def page_format() -> PageFormat:
    return aarch64_format()


def device_pages() -> Array[u64, Literal[2]]:
    """Where 2 MiB pages of devices are that programs use."""
    return Array(u64(0x08000000), u64(0x09000000))


def use_page_tables(root: PhysAddr) -> None:
    cpu.use_page_tables(u64(root), u64(MEMORY_ATTRIBUTES), u64(TRANSLATION_CONTROL))


def write(address: u64, value: u32) -> None:
    pointer_to(u32, VirtAddr(address)).store(value)
