"""Integers of fixed width, as CPython sees them. The compiler gives the same operations the same meaning.

They are no subclasses of `int`, so that neither mypy nor CPython mixes widths: the other operand has the same type, or
is a literal. What does not fit traps, unless the operation's name says what happens instead.
"""

from __future__ import annotations

from typing import ClassVar, Self, SupportsIndex, TypeVar, final

from bare.trap import Kind, Trap

_I = TypeVar("_I", bound="Integer")


class Integer:
    """What all widths have in common; `type(self)` tells them apart."""

    __slots__ = ("_value",)

    bits: ClassVar[int]
    signed: ClassVar[bool]
    low: ClassVar[int]
    high: ClassVar[int]

    def __init_subclass__(cls, bits: int, signed: bool) -> None:
        cls.bits, cls.signed = bits, signed
        cls.low, cls.high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)

    def __init__(self, value: SupportsIndex) -> None:
        number = value.__index__()
        if not self.low <= number <= self.high:
            raise Trap(Kind.CONVERSION, f"{number} does not fit {type(self).__name__}")
        self._value = number

    @classmethod
    def wrap(cls, value: SupportsIndex) -> Self:
        """The low bits of a value."""
        return _make(cls, _wrapped(cls, value.__index__()))

    @classmethod
    def saturate(cls, value: SupportsIndex) -> Self:
        """The nearest value that fits."""
        return _make(cls, max(cls.low, min(cls.high, value.__index__())))

    # Arithmetic that traps.

    def __add__(self, other: Self | int) -> Self:
        return _checked(self, self._value + _operand(self, other))

    def __sub__(self, other: Self | int) -> Self:
        return _checked(self, self._value - _operand(self, other))

    def __mul__(self, other: Self | int) -> Self:
        return _checked(self, self._value * _operand(self, other))

    def __floordiv__(self, other: Self | int) -> Self:
        return _checked(self, self._value // _divisor(self, other))

    def __mod__(self, other: Self | int) -> Self:
        return _checked(self, self._value % _divisor(self, other))

    def __radd__(self, other: int) -> Self:
        return _make(type(self), _operand(self, other)) + self

    def __rsub__(self, other: int) -> Self:
        return _make(type(self), _operand(self, other)) - self

    def __rmul__(self, other: int) -> Self:
        return _make(type(self), _operand(self, other)) * self

    def __rfloordiv__(self, other: int) -> Self:
        return _make(type(self), _operand(self, other)) // self

    def __rmod__(self, other: int) -> Self:
        return _make(type(self), _operand(self, other)) % self

    def __neg__(self) -> Self:
        if not self.signed:
            raise TypeError(f"{type(self).__name__} has no negative values")
        return _checked(self, -self._value)

    # Bits. A shift drops what leaves the width; its count is below the width.

    def __and__(self, other: Self | int) -> Self:
        return _make(type(self), self._value & _operand(self, other))

    def __or__(self, other: Self | int) -> Self:
        return _make(type(self), self._value | _operand(self, other))

    def __xor__(self, other: Self | int) -> Self:
        return _make(type(self), self._value ^ _operand(self, other))

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__

    def __invert__(self) -> Self:
        return self.wrap(~self._value)

    def __lshift__(self, other: Self | int) -> Self:
        return self.wrap(self._value << _count(self, other))

    def __rshift__(self, other: Self | int) -> Self:
        return _make(type(self), self._value >> _count(self, other))

    def __rlshift__(self, other: int) -> Self:
        return _make(type(self), _operand(self, other)) << self

    def __rrshift__(self, other: int) -> Self:
        return _make(type(self), _operand(self, other)) >> self

    def count_ones(self) -> Self:
        return _make(type(self), _unsigned(self).bit_count())

    def leading_zeros(self) -> Self:
        return _make(type(self), self.bits - _unsigned(self).bit_length())

    def trailing_zeros(self) -> Self:
        """The width for zero."""
        value = _unsigned(self)
        return _make(type(self), (value & -value).bit_length() - 1 if value else self.bits)

    def rotate_left(self, count: Self | int) -> Self:
        """By the count modulo the width."""
        by, value = _operand(self, count) % self.bits, _unsigned(self)
        return self.wrap(value << by | value >> self.bits - by)

    def rotate_right(self, count: Self | int) -> Self:
        """By the count modulo the width."""
        return self.rotate_left(_make(type(self), -_operand(self, count) % self.bits))

    def byte_swap(self) -> Self:
        return self.wrap(int.from_bytes(_unsigned(self).to_bytes(self.bits // 8, "little"), "big"))

    # Arithmetic that does not trap.

    def wrapping_add(self, other: Self | int) -> Self:
        return self.wrap(self._value + _operand(self, other))

    def wrapping_sub(self, other: Self | int) -> Self:
        return self.wrap(self._value - _operand(self, other))

    def wrapping_mul(self, other: Self | int) -> Self:
        return self.wrap(self._value * _operand(self, other))

    def saturating_add(self, other: Self | int) -> Self:
        return self.saturate(self._value + _operand(self, other))

    def saturating_sub(self, other: Self | int) -> Self:
        return self.saturate(self._value - _operand(self, other))

    def saturating_mul(self, other: Self | int) -> Self:
        return self.saturate(self._value * _operand(self, other))

    def checked_add(self, other: Self | int) -> Self | None:
        return _fitting(self, self._value + _operand(self, other))

    def checked_sub(self, other: Self | int) -> Self | None:
        return _fitting(self, self._value - _operand(self, other))

    def checked_mul(self, other: Self | int) -> Self | None:
        return _fitting(self, self._value * _operand(self, other))

    # Comparison.

    def __eq__(self, other: object) -> bool:
        return self._value == _operand(self, other)

    def __lt__(self, other: Self | int) -> bool:
        return self._value < _operand(self, other)

    def __le__(self, other: Self | int) -> bool:
        return self._value <= _operand(self, other)

    def __gt__(self, other: Self | int) -> bool:
        return self._value > _operand(self, other)

    def __ge__(self, other: Self | int) -> bool:
        return self._value >= _operand(self, other)

    def __bool__(self) -> bool:
        raise TypeError(f"{type(self).__name__} is no condition: compare it with 0")

    # For tests and tools that run under CPython.

    def __index__(self) -> int:
        return self._value

    def __int__(self) -> int:
        return self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._value})"

    def __format__(self, specification: str) -> str:
        return format(self._value, specification)


@final
class u8(Integer, bits=8, signed=False):
    __slots__ = ()


@final
class u16(Integer, bits=16, signed=False):
    __slots__ = ()


@final
class u32(Integer, bits=32, signed=False):
    __slots__ = ()


@final
class u64(Integer, bits=64, signed=False):
    __slots__ = ()


@final
class i8(Integer, bits=8, signed=True):
    __slots__ = ()


@final
class i16(Integer, bits=16, signed=True):
    __slots__ = ()


@final
class i32(Integer, bits=32, signed=True):
    __slots__ = ()


@final
class i64(Integer, bits=64, signed=True):
    __slots__ = ()


usize = u64
"""Sizes and indices: all targets have 64 bits."""


def _make(kind: type[_I], value: int) -> _I:
    """A value that is known to fit."""
    made = kind.__new__(kind)
    made._value = value
    return made


def _checked(like: _I, value: int) -> _I:
    if not like.low <= value <= like.high:
        raise Trap(Kind.OVERFLOW, f"{value} does not fit {type(like).__name__}")
    return _make(type(like), value)


def _fitting(like: _I, value: int) -> _I | None:
    return _make(type(like), value) if like.low <= value <= like.high else None


def _wrapped(kind: type[Integer], value: int) -> int:
    value &= (1 << kind.bits) - 1
    return value - (1 << kind.bits) if kind.signed and value >> kind.bits - 1 else value


def _unsigned(value: Integer) -> int:
    return value._value & (1 << value.bits) - 1


def _operand(like: Integer, other: object) -> int:
    """The value of the other operand, which has the same type or is a literal that fits."""
    if type(other) is type(like):
        return other._value
    if type(other) is int:
        if not like.low <= other <= like.high:
            raise TypeError(f"the literal {other} does not fit {type(like).__name__}")
        return other
    raise TypeError(f"expected {type(like).__name__}, got {type(other).__name__}")


def _divisor(like: Integer, other: object) -> int:
    divisor = _operand(like, other)
    if divisor == 0:
        raise Trap(Kind.DIVISION)
    return divisor


def _count(like: Integer, other: object) -> int:
    count = _operand(like, other)
    if not 0 <= count < like.bits:
        raise Trap(Kind.SHIFT, f"{count} for {like.bits} bits")
    return count
