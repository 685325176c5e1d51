"""Integers of fixed width under CPython: what traps, what wraps, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bare import Kind, Trap, i8, i16, i32, i64, u8, u16, u32, u64
from bare.integer import Integer

WIDTHS: list[type[Integer]] = [u8, u16, u32, u64, i8, i16, i32, i64]


def values(kind: type[Integer]) -> st.SearchStrategy[int]:
    return st.sampled_from([kind.low, kind.low + 1, 0, 1, kind.high - 1, kind.high]) | st.integers(kind.low, kind.high)


pairs = st.sampled_from(WIDTHS).flatmap(lambda kind: st.tuples(st.just(kind), values(kind), values(kind)))


@given(pairs)
def test_a_result_that_does_not_fit_traps(pair: tuple[type[Any], int, int]) -> None:
    kind, left, right = pair
    operations: list[tuple[Callable[[Any, Any], Any], int]] = [
        (lambda a, b: a + b, left + right), (lambda a, b: a - b, left - right), (lambda a, b: a * b, left * right)]
    for operation, exact in operations:
        if kind.low <= exact <= kind.high:
            assert operation(kind(left), kind(right)) == kind(exact)
        else:
            with pytest.raises(Trap) as caught:
                operation(kind(left), kind(right))
            assert caught.value.kind is Kind.OVERFLOW


@given(pairs)
def test_wrapping_saturating_and_checked_arithmetic_never_trap(pair: tuple[type[Any], int, int]) -> None:
    kind, left, right = pair
    for name, exact in (("add", left + right), ("sub", left - right), ("mul", left * right)):
        a, b = kind(left), kind(right)
        assert (int(getattr(a, f"wrapping_{name}")(b)) - exact) % (1 << kind.bits) == 0
        assert int(getattr(a, f"saturating_{name}")(b)) == max(kind.low, min(kind.high, exact))
        fits = kind.low <= exact <= kind.high
        assert getattr(a, f"checked_{name}")(b) == (kind(exact) if fits else None) if fits else (
            getattr(a, f"checked_{name}")(b) is None)


@given(pairs)
def test_quotient_and_remainder_are_those_of_python(pair: tuple[type[Any], int, int]) -> None:
    kind, left, right = pair
    if right == 0:
        with pytest.raises(Trap, match="division by zero"):
            kind(left) // kind(right)
        with pytest.raises(Trap, match="division by zero"):
            kind(left) % kind(right)
        return
    assert int(kind(left) % kind(right)) == left % right
    if kind.low <= left // right <= kind.high:
        assert int(kind(left) // kind(right)) == left // right


@given(pairs)
def test_shifts_drop_bits_and_trap_beyond_the_width(pair: tuple[type[Any], int, int]) -> None:
    kind, left, count = pair
    if 0 <= count < kind.bits:
        assert (kind(left) << kind(count)) == kind.wrap(left << count)
        assert int(kind(left) >> kind(count)) == left >> count
    else:
        with pytest.raises(Trap, match="shift out of range"):
            kind(left) << kind(count)


@given(pairs)
def test_bits_are_counted_rotated_and_swapped_within_the_width(pair: tuple[type[Any], int, int]) -> None:
    kind, value, count = pair
    number, pattern = kind(value), value & (1 << kind.bits) - 1
    assert int(number.count_ones()) == pattern.bit_count()
    assert int(number.leading_zeros()) == f"{pattern:0{kind.bits}b}1".index("1")
    assert int(number.trailing_zeros()) == f"{pattern:0{kind.bits}b}"[::-1].find("1") % (kind.bits + 1)
    assert number.rotate_left(kind(count)).rotate_right(kind(count)) == number
    assert number.byte_swap().byte_swap() == number


def test_widths_are_not_mixed() -> None:
    with pytest.raises(TypeError, match="expected u32, got u64"):
        u32(1) + u64(1)  # type: ignore[operator]
    with pytest.raises(TypeError, match="expected u32, got u64"):
        u32(1) == u64(1)  # noqa: B015


def test_a_literal_has_to_fit() -> None:
    with pytest.raises(TypeError, match="the literal 256 does not fit u8"):
        u8(1) + 256


def test_a_conversion_traps_wraps_or_saturates() -> None:
    with pytest.raises(Trap, match="conversion out of range: 256 does not fit u8"):
        u8(u32(256))
    assert u8.wrap(u32(257)) == 1
    assert u8.saturate(u32(257)) == 255
    assert i8.wrap(u8(255)) == -1


def test_a_number_is_no_condition() -> None:
    with pytest.raises(TypeError, match="u8 is no condition: compare it with 0"):
        bool(u8(1))


def test_unsigned_numbers_have_no_negative() -> None:
    with pytest.raises(TypeError, match="u8 has no negative values"):
        -u8(1)
