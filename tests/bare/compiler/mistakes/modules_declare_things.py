from __future__ import annotations

import bare.std.console
from ... import nothing
from typing import Annotated, Generic, Literal

from bare import Array, Atomic, Struct, View, align, u8, u32, u64, zeroed

x = u32(1)
x = u32(2)
texts: View[u8] = zeroed(Array[u8, Literal[4]])[:]
placed: Annotated[u32, "somewhere"] = u32(0)


async def later() -> None:
    pass


class Twice(Struct):
    a: u32


class Twice(Struct):
    b: u32


class Derived(Twice):
    c: u32


class Nothing:
    d: u32


class Packed(Struct, aligned=True):
    e: u32


class Odd(Struct, Generic[u32]):
    f: u32


@align(4)
class Decorated(Struct):
    g: u32


class Methods(Struct):
    h: u32
    h: u64

    def i(self) -> None:
        pass

    def i(self) -> None:
        pass


class Special(Struct):
    j: u32

    def __add__(self, other: u32) -> u32:
        return other


class Assigned(Struct):
    k = 3


def cell(a: u32) -> Atomic[u32]:
    return zeroed(Atomic[u32])


if x == 1:
    y = u32(1)

# Expected:
# 3:1: write: import bare.std.console as ...
# 4:1: this leads out of the program's folder
# 10:1: x is defined already
# 11:1: a global can't be View[u8]: declare what it refers to
# 12:24: a global is placed by section('...') and align(...)
# 15:1: there are no coroutines
# 23:1: Twice is defined already
# 27:15: a class is a Struct, an Enum or Bits[...], and inherits from nothing else
# 31:1: say what Nothing is: a Struct, an Enum or Bits[...]
# 35:30: a struct may be packed=True, and nothing else
# 39:27: Generic takes type variables
# 43:2: classes have no decorators
# 50:5: h is defined already
# 55:5: i is defined already
# 62:5: __add__: classes have no special methods
# 67:5: a struct has fields, like count: u32, and methods
# 70:21: Atomic[u32] can't be copied: return Ref[Atomic[u32]]
# 74:4: a module asks for its TARGET only: if TARGET == "x86_64"
