"""Registers and descriptors as named groups of bits: immutable values, one integer wide."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Generic, Self, TypeVar, get_args

from bare.integer import Integer
from bare.trap import Kind, Trap

I = TypeVar("I", bound=Integer)  # noqa: E741, the letter of the integers' type, as T is that of types


class bit:
    """One bit as a bool: `present = bit(0)`."""

    def __init__(self, at: int) -> None:
        self.at, self.width = at, 1

    def __get__(self, register: Bits[Any], owner: object) -> bool:
        return bool(int(register.raw) >> self.at & 1)


class bits:
    """A group of bits as a number: `level = bits(9, 3)` has bits 9, 10 and 11."""

    def __init__(self, at: int, width: int) -> None:
        self.at, self.width = at, width

    def __get__(self, register: Bits[I], owner: object) -> I:
        value: I = type(register.raw)(int(register.raw) >> self.at & (1 << self.width) - 1)
        return value


class Bits(Generic[I]):
    """The base of classes whose fields are bits: `class Pte(Bits[u64]): present = bit(0)`."""

    __slots__ = ("_raw",)
    __base_kind__: ClassVar[type[Integer]]

    def __init_subclass__(cls) -> None:
        cls.__base_kind__ = get_args(cls.__orig_bases__[0])[0]  # type: ignore[attr-defined]

    def __init__(self, raw: I) -> None:
        self._raw = raw

    @property
    def raw(self) -> I:
        return self._raw

    def set(self, **fields: Any) -> Self:
        """A copy in which some fields differ. Traps if a number is too wide for its field."""
        raw = int(self._raw)
        for name, value in fields.items():
            field = type(self).__dict__[name]
            number = int(value)
            if not 0 <= number < 1 << field.width:
                raise Trap(Kind.CONVERSION, f"{number} does not fit {name}, which has {field.width} bits")
            raw = raw & ~((1 << field.width) - 1 << field.at) | number << field.at
        return type(self)(type(self._raw).wrap(raw))

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            raise TypeError(f"expected {type(self).__name__}, got {type(other).__name__}")
        return self._raw == other._raw

    def __hash__(self) -> int:
        return hash(self._raw)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._raw:#x})"

    @classmethod
    def __zero__(cls, arguments: Sequence[Any]) -> Self:
        made: Any = cls.__base_kind__(0)
        return cls(made)

    @classmethod
    def __layout__(cls, arguments: Sequence[Any]) -> tuple[int, int]:
        return cls.__base_kind__.bits // 8, cls.__base_kind__.bits // 8
