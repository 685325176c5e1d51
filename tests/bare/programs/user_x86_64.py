"""User mode: a function of the program in ring 3, with system calls, a refused one, and a crash that harms nobody."""

from __future__ import annotations

from typing import Annotated, Final, Literal, NoReturn

from bare import Array, Err, Ok, PhysAddr, VirtAddr, align, entry, export, len, u8, u32, u64, utf8, zeroed
from bare.encode.x86_64 import RAX
from bare.std import board_x86_64 as board
from bare.std.backtrace import write_backtrace
from bare.std.console import write, write_line, write_number
from bare.std.cpu_x86_64 import (
    Context,
    Frame,
    data_end,
    data_start,
    disable_interrupts,
    image_start,
    power_off,
    prepare,
    switch,
    text_end,
)
from bare.std.page_table import PAGE, Access, PageTables
from bare.std.panic import on_panic as on_panic
from bare.std.user_x86_64 import enter_user, start_user_mode, system_call
from bare.unsafe import elements, hardware, instructions, pointer, pointer_to, slice_of

PUT: Final = 1                          # system calls: address and length
ADD: Final = 2
EXIT: Final = 3
STACK_PAGE: Final = 0x1000000000        # virtual
BAD_ADDRESS: Final = 0xFFFFFFFFFFFFFFFF

tables: Annotated[PageTables[Literal[16]], align(4096)] = zeroed(PageTables[Literal[16]])
user_stack: Annotated[Array[u64, Literal[512]], align(4096)] = zeroed(Array[u64, Literal[512]])
kernel_stack: Annotated[Array[u64, Literal[1024]], align(16)] = zeroed(Array[u64, Literal[1024]])
contexts = zeroed(Array[Context, Literal[2]])
ended = u64(0)


@export("user_main")
def user_main(argument: u64) -> NoReturn:
    """Runs in ring 3."""
    text = utf8("hello from ring 3\n")
    system_call(u64(PUT), u64(elements(text).address), len(text), u64(0), u64(0))
    total = system_call(u64(ADD), u64(1), u64(20), u64(300), argument)
    # A kernel's address is no buffer for users.
    refused = system_call(u64(PUT), u64(pointer(tables).address), u64(8), u64(0), u64(0)) == BAD_ADDRESS
    if total == 4321 and refused:
        disable_interrupts()            # privileged: this ends it
    system_call(u64(EXIT), u64(1), u64(0), u64(0), u64(0))
    while True:
        pass


@instructions(lambda c: c.address(RAX, "user_main").ret())
def user_main_address() -> u64:
    hardware()


def map_page(root: u32, at: u64, to: u64, access: Access) -> None:
    match tables.map(board.page_format(), root, VirtAddr(at), PhysAddr(to), u64(0), access):
        case Ok(_):
            pass
        case Err(fault):
            write_number(fault.raw)
            power_off(u64(1))


def map_range(root: u32, start: u64, end: u64, access: Access) -> None:
    at = start
    while at < end:
        map_page(root, at, at, access)
        at += PAGE


def readable_by_user(at: u64, length: u64) -> bool:
    """Is all of it mapped for users?"""
    if length > PAGE or at > BAD_ADDRESS - length:
        return False
    offset = u64(0)
    while offset < length:
        match tables.find(board.page_format(), u32(0), VirtAddr(at + offset)):
            case Ok(found):
                if not Access(found.access).user:
                    return False
            case Err(_):
                return False
        offset += 1
    return True


def end_user(status: u64) -> NoReturn:
    """Back to who made the user."""
    global ended
    ended = status
    switch(contexts[1], contexts[0])
    power_off(u64(1))


@export("bare_system_call")
def system_call_from_user(number: u64, a: u64, b: u64, c: u64, d: u64) -> u64:
    if number == PUT:
        if not readable_by_user(a, b):
            return u64(BAD_ADDRESS)
        write(slice_of(pointer_to(u8, VirtAddr(a)), b))
        return b
    if number == ADD:
        return a.wrapping_add(b).wrapping_add(c).wrapping_add(d)
    end_user(a)


@export("bare_interrupt")
def interrupt(frame: Frame) -> None:
    if frame.cs & 3 != 3:
        write(utf8("exception in the kernel: "))
        write_number(frame.vector)
        write_backtrace(frame.pc(), frame.frame_pointer())
        power_off(u64(1))
    write(utf8("user ended by exception "))
    write_number(frame.vector)
    write_line(utf8(""))
    end_user(frame.vector)


@export("bare_thread")
def thread(number: u64) -> None:
    """The kernel's side of the user."""
    enter_user(user_main_address(), u64(STACK_PAGE + PAGE - 8), u64(4000))


@entry
def main() -> None:
    board.start()
    tables.base = PhysAddr(u64(pointer(tables).address))
    made = tables.allocate()
    assert made is not None, "there are tables"
    root = made
    nothing = Access(u64(0))
    # Code and constants are for users, too: the user is a function of this program. What can be written is not.
    map_range(root, image_start(), text_end(), nothing.set(execute=True, user=True))
    map_range(root, text_end(), data_start(), nothing.set(user=True))
    map_range(root, data_start(), data_end(), nothing.set(write=True))
    map_page(root, u64(STACK_PAGE), u64(pointer(user_stack).address), nothing.set(write=True, user=True))
    board.use_page_tables(tables.address(root))
    top = u64(pointer(kernel_stack).address) + 8 * len(kernel_stack)
    start_user_mode(top)
    prepare(contexts[1], kernel_stack[:], u64(1))
    switch(contexts[0], contexts[1])
    write(utf8("back in the kernel: "))
    write_number(ended)
    write_line(utf8(""))
