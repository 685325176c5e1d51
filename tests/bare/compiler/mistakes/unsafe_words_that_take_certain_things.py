from __future__ import annotations

from bare import Struct, VirtAddr, u32, u64, zeroed
from bare.unsafe import Ptr, code_address, device, elements, hardware, pointer, slice_of


class Point(Struct):
    x: u32


def f(a: u32, p: Ptr[Point], at: VirtAddr) -> None:
    b = pointer(a)
    c = elements(a)
    d = slice_of(a, u64(1))
    e = device(u32, at)
    g = code_address(a)
    h = p.load()
    i = p.missing()
    j = zeroed(Ptr[u32])
    hardware()

# Expected:
# 12:17: only structs and arrays have a place, u32 has none
# 13:18: expected a slice, got u32
# 14:18: expected a pointer, got u32
# 15:16: a device is a struct of registers, not u32
# 16:22: expected a function, got u32
# 17:9: a volatile access is of one integer, not of Point
# 18:9: Ptr[Point] has no method missing
# 19:16: Ptr[u32] has no zero: use Ptr[u32] | None
# 20:5: hardware() is the body of functions that are @instructions
