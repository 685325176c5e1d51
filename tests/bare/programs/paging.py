"""Paging on: the program maps itself with the rights of its parts, one page twice, and one when it is first used."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from bare import Array, Err, Ok, PhysAddr, VirtAddr, align, entry, export, u32, u64, utf8, zeroed
from bare.std import board
from bare.std.backtrace import write_backtrace
from bare.std.console import write, write_hex, write_line, write_number
from bare.std.page_table import PAGE, Access, PageTables
from bare.std.panic import on_panic as on_panic
from bare.unsafe import pointer, pointer_to

WINDOW: Final = 0x1000000000            # virtual, where nothing is mapped at first

tables: Annotated[PageTables[Literal[16]], align(4096)] = zeroed(PageTables[Literal[16]])
page: Annotated[Array[u64, Literal[512]], align(4096)] = zeroed(Array[u64, Literal[512]])
root = u32(0)
faults = u64(0)


def map_page(at: u64, to: u64, level: u64, access: Access) -> None:
    match tables.map(board.page_format(), root, VirtAddr(at), PhysAddr(to), level, access):
        case Ok(_):
            pass
        case Err(fault):
            write_hex(at)
            write(utf8(" can't be mapped: "))
            write_number(fault.raw)
            board.power_off(u64(1))


def map_range(start: u64, end: u64, access: Access) -> None:
    """One to one."""
    at = start
    while at < end:
        map_page(at, at, u64(0), access)
        at += PAGE


@export("bare_interrupt")
def interrupt(frame: board.Frame) -> None:
    """Maps the second page of the window to where the first one is, and lets others end the program."""
    global faults
    assert board.cause(frame) == board.Cause.FAULT, "only page faults are expected"
    at = board.fault_address(frame)
    faults += 1
    if at // PAGE * PAGE != WINDOW + PAGE:
        write(utf8("fault at "))
        write_hex(at)
        write_line(utf8(":"))
        write_backtrace(frame.pc(), frame.frame_pointer())
        board.power_off(u64(2))
    match tables.unmap(board.page_format(), root, VirtAddr(at)):
        case Ok(_):
            pass
        case Err(_):
            write_line(utf8("mapped at first use"))
    map_page(at // PAGE * PAGE, u64(pointer(page).address), u64(0), Access(u64(0)).set(write=faults > 1))
    board.forget_page(at)


@entry
def main() -> None:
    global root
    board.start()
    tables.base = PhysAddr(u64(pointer(tables).address))
    made = tables.allocate()
    assert made is not None, "there are tables"
    root = made
    nothing = Access(u64(0))
    map_range(board.image_start(), board.text_end(), nothing.set(execute=True))
    map_range(board.text_end(), board.data_start(), nothing)
    map_range(board.data_start(), board.data_end(), nothing.set(write=True))
    for device in board.device_pages():
        map_page(device, device, u64(1), nothing.set(write=True, device=True))
    map_page(u64(WINDOW), u64(pointer(page).address), u64(0), nothing.set(write=True))
    board.use_page_tables(tables.address(root))
    write_line(utf8("paging"))
    window = pointer_to(u64, VirtAddr(u64(WINDOW)))
    window.offset(u64(3)).store(u64(77))
    write_number(page[3])
    write_line(utf8(" through the window"))
    beyond = pointer_to(u64, VirtAddr(u64(WINDOW + PAGE)))
    write_number(beyond.offset(u64(3)).load())
    write_line(utf8(" again"))
    beyond.offset(u64(4)).store(u64(78))
    write_number(window.offset(u64(4)).load())
    write(utf8(" after "))
    write_number(faults)
    write_line(utf8(" faults"))
    window.offset(u64(1024)).store(u64(1))
