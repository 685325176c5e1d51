"""Counts the instructions of system calls from user mode: prints those of many calls, and of as many empty ones."""

from __future__ import annotations

from typing import Annotated, Final, Literal, NoReturn

from bare import Array, Err, Ok, PhysAddr, VirtAddr, align, entry, export, len, range, u32, u64, utf8, zeroed
from bare.encode.x86_64 import RAX
from bare.std import board_x86_64 as board
from bare.std.console import write_line, write_number
from bare.std.cpu_x86_64 import Frame, data_end, data_start, image_start, power_off, text_end, time_stamp
from bare.std.page_table import PAGE, Access, PageTables
from bare.std.panic import on_panic as on_panic
from bare.std.user_x86_64 import enter_user, start_user_mode, system_call
from bare.unsafe import hardware, instructions, pointer

CALLS: Final = 1000
NOTHING: Final = 0                      # system calls
END: Final = 1
STACK_PAGE: Final = 0x1000000000

tables: Annotated[PageTables[Literal[16]], align(4096)] = zeroed(PageTables[Literal[16]])
user_stack: Annotated[Array[u64, Literal[512]], align(4096)] = zeroed(Array[u64, Literal[512]])
kernel_stack: Annotated[Array[u64, Literal[1024]], align(16)] = zeroed(Array[u64, Literal[1024]])


@instructions(lambda c: c.ret())
def empty_call(number: u64, a: u64, b: u64, c: u64, d: u64) -> u64:
    hardware()


@export("user_main")
def user_main(argument: u64) -> NoReturn:
    start = time_stamp()
    for at in range(CALLS):
        empty_call(u64(NOTHING), at, u64(0), u64(0), u64(0))
    middle = time_stamp()
    for at in range(CALLS):
        system_call(u64(NOTHING), at, u64(0), u64(0), u64(0))
    end = time_stamp()
    system_call(u64(END), end - middle, middle - start, u64(0), u64(0))
    while True:
        pass


@instructions(lambda c: c.address(RAX, "user_main").ret())
def user_main_address() -> u64:
    hardware()


@export("bare_system_call")
def serve(number: u64, a: u64, b: u64, c: u64, d: u64) -> u64:
    if number == NOTHING:
        return a
    write_number(a)
    write_line(utf8(""))
    write_number(b)
    write_line(utf8(""))
    power_off(u64(0))


@export("bare_interrupt")
def interrupt(frame: Frame) -> None:
    power_off(u64(1))


def map_range(root: u32, start: u64, end: u64, to: u64, access: Access) -> None:
    at = start
    while at < end:
        match tables.map(board.page_format(), root, VirtAddr(at), PhysAddr(at - start + to), u64(0), access):
            case Ok(_):
                at += PAGE
            case Err(_):
                power_off(u64(2))


@entry
def main() -> None:
    board.start()
    tables.base = PhysAddr(u64(pointer(tables).address))
    made = tables.allocate()
    assert made is not None, "there are tables"
    root = made
    nothing = Access(u64(0))
    map_range(root, image_start(), text_end(), image_start(), nothing.set(execute=True, user=True))
    map_range(root, text_end(), data_start(), text_end(), nothing.set(user=True))
    map_range(root, data_start(), data_end(), data_start(), nothing.set(write=True))
    map_range(root, u64(STACK_PAGE), u64(STACK_PAGE + PAGE), u64(pointer(user_stack).address),
              nothing.set(write=True, user=True))
    board.use_page_tables(tables.address(root))
    start_user_mode(u64(pointer(kernel_stack).address) + 8 * len(kernel_stack))
    enter_user(user_main_address(), u64(STACK_PAGE + PAGE - 8), u64(0))
