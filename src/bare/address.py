"""Addresses of physical and of virtual memory: numbers that can't be mistaken for each other, or for an amount."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self, final, overload

from bare.integer import u64


class Address:
    """What both have in common. An address plus an amount is an address; the difference of two is an amount."""

    __slots__ = ("_value",)

    def __init__(self, value: u64) -> None:
        if type(value) is not u64:
            raise TypeError(f"expected u64, got {type(value).__name__}")
        self._value = value

    def __add__(self, amount: u64 | int) -> Self:
        return type(self)(self._value + amount)

    @overload
    def __sub__(self, other: Self) -> u64: ...

    @overload
    def __sub__(self, other: u64 | int) -> Self: ...

    def __sub__(self, other: Self | u64 | int) -> u64 | Self:
        if isinstance(other, Address):
            return self._value - self._other(other)
        return type(self)(self._value - other)

    def __eq__(self, other: object) -> bool:
        return self._value == self._other(other)

    def __lt__(self, other: Self) -> bool:
        return self._value < self._other(other)

    def __le__(self, other: Self) -> bool:
        return self._value <= self._other(other)

    def __gt__(self, other: Self) -> bool:
        return self._value > self._other(other)

    def __ge__(self, other: Self) -> bool:
        return self._value >= self._other(other)

    def __index__(self) -> int:
        return int(self._value)

    def __hash__(self) -> int:
        return hash(self._value)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._value:#x})"

    @classmethod
    def __zero__(cls, arguments: Sequence[Any]) -> Self:
        return cls(u64(0))

    @classmethod
    def __layout__(cls, arguments: Sequence[Any]) -> tuple[int, int]:
        return 8, 8

    def _other(self, other: object) -> u64:
        if type(other) is not type(self):
            raise TypeError(f"expected {type(self).__name__}, got {type(other).__name__}")
        return other._value


@final
class PhysAddr(Address):
    """Where a byte is on the memory bus."""

    __slots__ = ()


@final
class VirtAddr(Address):
    """Where a byte is for the instructions that run."""

    __slots__ = ()
