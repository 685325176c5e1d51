from __future__ import annotations

from bare import Bits, Enum, Struct, bit, u32


class Hidden(Struct):
    __value: u32

    def read(self) -> u32:
        return self.__value


class Private(Struct):
    __value: u32


class State(Enum):
    name = 0


class Word(Enum):
    A = 0

    def raw(self) -> u32:
        return u32(0)


class Entry(Bits[u32]):
    raw = bit(0)

# Expected:
# 7:5: __value: in a class, CPython gives such names another one
# 14:5: __value: in a class, CPython gives such names another one
# 18:5: name: CPython has other plans for such names
# 24:5: raw is something that all of its kind have
# 29:5: raw: bit fields have something of this name already
