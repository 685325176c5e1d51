"""QEMU's `virt` machine for riscv64: the firmware's timer, and why a frame was made.

Initialises what it owns and says what happened; what to do about it is up to the program's `bare_interrupt`.
"""

from __future__ import annotations

from typing import Final, Literal

from bare import Array, Enum, PhysAddr, u64
from bare.std import cpu_riscv64 as cpu
from bare.std.cpu_riscv64 import Frame
from bare.std.page_table import PageFormat, riscv64_format

TIME_HZ: Final = 10000000
TIMER_EXTENSION: Final = 0x54494D45     # "TIME"
SV39: Final = 8 << 60


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
    cpu.accept_interrupts(u64(1 << 5))


def start_timer(hz: u64) -> None:
    """An interrupt so many times a second."""
    global interval
    interval = TIME_HZ // hz
    cpu.firmware_call(u64(TIMER_EXTENSION), u64(0), cpu.time_stamp() + interval)


def cause(frame: Frame) -> Cause:
    if frame.cause == cpu.TIMER:
        return Cause.TIMER
    if frame.cause == 3:
        return Cause.BREAKPOINT
    if frame.cause == 5 or frame.cause == 7 or frame.cause == 12 or frame.cause == 13 or frame.cause == 15:
        return Cause.FAULT
    return Cause.OTHER


def fault_address(frame: Frame) -> u64:
    """Of the access that faulted."""
    return frame.value


def acknowledge(frame: Frame) -> None:
    """Done with an interrupt; the timer starts anew."""
    cpu.firmware_call(u64(TIMER_EXTENSION), u64(0), cpu.time_stamp() + interval)


def cause_breakpoint() -> None:
    """An exception that goes on behind itself."""
    cpu.breakpoint()


def skip_breakpoint(frame: Frame) -> None:
    """The processor comes back to the instruction, which has four bytes."""
    frame.pc_ += 4


def page_format() -> PageFormat:
    return riscv64_format()


def device_pages() -> Array[u64, Literal[2]]:
    """Where 2 MiB pages of devices are that programs use: the test device and the serial port."""
    return Array(u64(0), u64(0x10000000))


def use_page_tables(root: PhysAddr) -> None:
    cpu.use_page_tables(u64(SV39) | u64(root) >> 12)
