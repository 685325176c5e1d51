"""bare: statically typed Python that compiles to freestanding machine code.

This package is the language: what programs import, with its meaning under CPython. The compiler is `bare.compiler`, and
is not loaded by programs. The parts that nothing can check are in `bare.unsafe`.
"""

from bare.address import PhysAddr, VirtAddr
from bare.aggregate import Array, Ref, Struct, copy
from bare.atomic import Atomic, Order, fence
from bare.bits import Bits, bit, bits
from bare.enumeration import Enum
from bare.integer import i8, i16, i32, i64, u8, u16, u32, u64, usize
from bare.kinds import sizeof, zeroed
from bare.loop import len, range
from bare.outcome import Err, Ok, Result
from bare.placement import TARGET, align, entry, export, inline, noinline, panic, section
from bare.trap import Kind, Trap
from bare.view import Slice, View, utf8

__all__ = [
    "TARGET", "Array", "Atomic", "Bits", "Enum", "Err", "Kind", "Ok", "Order", "PhysAddr", "Ref", "Result", "Slice",
    "Struct", "Trap", "View", "VirtAddr", "align", "bit", "bits", "copy", "entry", "export", "fence", "i8", "i16",
    "i32", "i64", "inline", "len", "noinline", "panic", "range", "section", "sizeof", "u8", "u16", "u32", "u64",
    "usize", "utf8", "zeroed",
]
