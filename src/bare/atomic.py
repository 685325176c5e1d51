"""Memory that several processors, or an interrupt and what it interrupts, use at once."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import Any, Generic, Self, TypeVar

from bare.integer import Integer
from bare.kinds import layout, zero

I = TypeVar("I", bound=Integer)  # noqa: E741, the letter of the integers' type


class Order(enum.Enum):
    """What other processors may see before and after an access."""

    RELAXED = "monotonic"
    ACQUIRE = "acquire"
    RELEASE = "release"
    ACQ_REL = "acq_rel"
    SEQ_CST = "seq_cst"


class Atomic(Generic[I]):
    """An integer whose accesses are indivisible. Under CPython nothing interferes. Additions wrap."""

    __slots__ = ("_value",)

    def __init__(self, value: I) -> None:
        self._value = value

    def load(self, order: Order) -> I:
        return self._value

    def store(self, value: I, order: Order) -> None:
        self._value = value

    def exchange(self, value: I, order: Order) -> I:
        """What was there before."""
        before, self._value = self._value, value
        return before

    def compare_exchange(self, expected: I, value: I, order: Order) -> bool:
        """Replace the expected value; False if there was another one."""
        same = self._value == expected
        if same:
            self._value = value
        return same

    def fetch_add(self, value: I, order: Order) -> I:
        return self.exchange(self._value.wrapping_add(value), order)

    def fetch_sub(self, value: I, order: Order) -> I:
        return self.exchange(self._value.wrapping_sub(value), order)

    def fetch_and(self, value: I, order: Order) -> I:
        return self.exchange(self._value & value, order)

    def fetch_or(self, value: I, order: Order) -> I:
        return self.exchange(self._value | value, order)

    def __assign__(self, source: Self) -> None:
        raise TypeError("an Atomic is not copied: store into it")

    __duplicate__ = __assign__

    @classmethod
    def __zero__(cls, arguments: Sequence[Any]) -> Self:
        return cls(zero(arguments[0], {}))

    @classmethod
    def __layout__(cls, arguments: Sequence[Any]) -> tuple[int, int]:
        return layout(arguments[0], {})


def fence(order: Order) -> None:
    """Orders the accesses before it against those after it."""
