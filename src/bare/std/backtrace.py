"""Which Python lines led here: the chain of frames, and the linker's table of lines (its format: `bare.link.lines`).

Reading the table is plain code over words. Walking the stack trusts no pointer: a frame has to lie within what the
program can write, above the one before, and there is an end to the number of frames.
"""

from __future__ import annotations

from typing import Final

from bare import TARGET, Struct, View, VirtAddr, len, range, u32, u64, utf8
from bare.std.console import write, write_byte, write_hex, write_number
from bare.unsafe import pointer_to, slice_of

if TARGET == "x86_64":
    from bare.std.cpu_x86_64 import FRAME_BELOW, data_end, data_start, image_start, line_table
elif TARGET == "aarch64":
    from bare.std.cpu_aarch64 import FRAME_BELOW, data_end, data_start, image_start, line_table
else:
    from bare.std.cpu_riscv64 import FRAME_BELOW, data_end, data_start, image_start, line_table

MAGIC: Final = 0x454E494C
DEPTH: Final = 32


class Place(Struct):
    """Offsets of strings in the table, or 0 for what is not known."""

    function: u64
    file: u64
    line: u64


def place(table: View[u32], offset: u64) -> Place:
    """What the table knows of an address, given as an offset in the image."""
    found = Place(u64(0), u64(0), u64(0))
    if len(table) < 5 or table[0] != MAGIC:
        return found
    rows = u64(table[2])
    functions = u64(table[3])
    row = last_at_or_before(table, u64(5), rows, offset)
    if row is not None:
        found.line = u64(table[row + 1])
        found.file = u64(table[row + 2])
    function = last_at_or_before(table, 5 + 3 * rows, functions, offset)
    if function is not None and offset < u64(table[function + 1]):
        found.function = u64(table[function + 2])
    return found


def last_at_or_before(table: View[u32], start: u64, count: u64, offset: u64) -> u64 | None:
    """Of sorted triples, the index of the last whose first word is at most the offset."""
    low = u64(0)
    high = count
    while low < high:
        middle = (low + high) // 2
        if u64(table[start + 3 * middle]) <= offset:
            low = middle + 1
        else:
            high = middle
    if low == 0:
        return None
    return start + 3 * (low - 1)


def byte(table: View[u32], at: u64) -> u64:
    """A byte of the table."""
    return u64(table[at // 4]) >> at % 4 * 8 & 255


def write_string(table: View[u32], at: u64) -> None:
    for number in range(byte(table, at) | byte(table, at + 1) << 8):
        write_byte(byte(table, at + 2 + number))


def write_place(table: View[u32], address: u64) -> None:
    """`  main.step at main.py:12`"""
    write(utf8("  "))
    if address < image_start():
        write_hex(address)
    else:
        found = place(table, address - image_start())
        if found.function == 0:
            write_hex(address)
        else:
            write_string(table, found.function)
        if found.line != 0:
            write(utf8(" at "))
            write_string(table, found.file)
            write(utf8(":"))
            write_number(found.line)
    write(utf8("\n"))


def write_backtrace(pc: u64, frame_pointer: u64) -> None:
    """Where `pc` is, unless it is 0, and all that called it."""
    words = pointer_to(u32, VirtAddr(line_table()))
    table = slice_of(words, u64(words[1]))
    if pc != 0:
        write_place(table, pc)
    frame = frame_pointer
    depth = u64(0)
    while depth < DEPTH and frame % 8 == 0 and data_start() + 16 <= frame and frame + 16 <= data_end():
        pair = pointer_to(u64, VirtAddr(frame - FRAME_BELOW))
        back = pair[1]
        if back == 0:
            break
        write_place(table, back - 1)    # the call, not what comes behind it
        if pair[0] <= frame:
            break
        frame = pair[0]
        depth += 1
