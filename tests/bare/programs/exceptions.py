"""Exceptions of the processor: one to go on from, one that ends the program with the lines that led to it."""

from __future__ import annotations

from typing import Final

from bare import VirtAddr, entry, export, noinline, u64, utf8
from bare.std import board
from bare.std.backtrace import write_backtrace
from bare.std.console import write, write_hex, write_line
from bare.std.panic import on_panic as on_panic
from bare.unsafe import pointer_to

NOWHERE: Final = 0x7F000000000


@export("bare_interrupt")
def interrupt(frame: board.Frame) -> None:
    match board.cause(frame):
        case board.Cause.BREAKPOINT:
            write_line(utf8("breakpoint:"))
            write_backtrace(frame.pc(), frame.frame_pointer())
            board.skip_breakpoint(frame)
        case board.Cause.FAULT:
            write(utf8("fault at "))
            write_hex(board.fault_address(frame))
            write_line(utf8(":"))
            write_backtrace(frame.pc(), frame.frame_pointer())
            board.power_off(u64(0))
        case _:
            write_line(utf8("unexpected"))
            board.power_off(u64(1))


@noinline
def poke(address: u64) -> u64:
    there = pointer_to(u64, VirtAddr(address))
    value = there.load()
    return value + 1


@noinline
def stop() -> u64:
    board.cause_breakpoint()
    return u64(7)


@entry
def main() -> None:
    board.start()
    value = stop()
    write_line(utf8("going on"))
    write_hex(poke(u64(NOWHERE) + value - 7) + value)
