"""Relocations: what they put into an instruction is what the processor takes out of it, and no bit besides."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bare.link.object import LinkError
from bare.link.relocation import AARCH64, RISCV64, X86_64, Apply, Patch, riscv_low12

PLACE = 0x4000_0000


def apply(table: Mapping[int, Apply], type_: int, distance: int, before: int, size: int) -> int:
    """The bytes at PLACE after a relocation whose target is `distance` away."""
    image = bytearray(before.to_bytes(size, "little"))
    table[type_](Patch(image, 0, PLACE, PLACE + distance, "there"))
    return int.from_bytes(image, "little")


def signed(value: int, bits: int) -> int:
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> bits - 1 else value


@given(st.integers(-1 << 31, (1 << 31) - 1), st.sampled_from([2, 4]))
def test_x86_64_distances(distance: int, type_: int) -> None:
    assert signed(apply(X86_64, type_, distance, 0, 4), 32) == distance


@given(st.integers(-1 << 25, (1 << 25) - 1), st.sampled_from([(282, 0x14000000), (283, 0x94000000)]))
def test_aarch64_jumps(instructions: int, kind: tuple[int, int]) -> None:
    word = apply(AARCH64, kind[0], 4 * instructions, kind[1], 4)
    assert word >> 26 == kind[1] >> 26 and signed(word, 26) == instructions


@given(st.integers(-1 << 18, (1 << 18) - 1))
def test_aarch64_conditional_jumps(instructions: int) -> None:
    word = apply(AARCH64, 280, 4 * instructions, 0x54000001, 4)
    assert word & 0xFF00001F == 0x54000001 and signed(word >> 5, 19) == instructions


@given(st.integers(-1 << 29, (1 << 32) - 4097))
def test_aarch64_addresses_of_page_and_offset(distance: int) -> None:
    page = apply(AARCH64, 275, distance, 0x90000003, 4)
    low = apply(AARCH64, 277, distance, 0x91000063, 4)
    pages = signed((page >> 5 & 0x7FFFF) << 2 | page >> 29 & 3, 21)
    assert (PLACE & ~0xFFF) + (pages << 12) + (low >> 10 & 0xFFF) == PLACE + distance
    assert page & 0x9F00001F == 0x90000003 and low & 0xFFC003FF == 0x91000063


@given(st.integers(-0x80000800, 0x7FFFF7FF))
def test_riscv64_calls(distance: int) -> None:
    words = apply(RISCV64, 19, distance, 0x000080E7_00000097, 8)
    upper, lower = words & 0xFFFFFFFF, words >> 32
    assert signed(upper & 0xFFFFF000, 32) + signed(lower >> 20, 12) == distance
    assert upper & 0xFFF == 0x097 and lower & 0xFFFFF == 0x080E7


@given(st.integers(-1 << 19, (1 << 19) - 1))
def test_riscv64_jumps(halves: int) -> None:
    word = apply(RISCV64, 17, 2 * halves, 0x6F, 4)
    distance = (word >> 31) << 20 | (word >> 12 & 0xFF) << 12 | (word >> 20 & 1) << 11 | (word >> 21 & 0x3FF) << 1
    assert signed(distance, 21) == 2 * halves and word & 0xFFF == 0x6F


@given(st.integers(-1 << 11, (1 << 11) - 1))
def test_riscv64_conditional_jumps(halves: int) -> None:
    word = apply(RISCV64, 16, 2 * halves, 0x00B50063, 4)
    distance = (word >> 31) << 12 | (word >> 7 & 1) << 11 | (word >> 25 & 0x3F) << 5 | (word >> 8 & 15) << 1
    assert signed(distance, 13) == 2 * halves and word & ~0xFE000F80 == 0x00B50063


@given(st.integers(-1 << 10, (1 << 10) - 1))
def test_riscv64_compressed_jumps(halves: int) -> None:
    word = apply(RISCV64, 45, 2 * halves, 0xA001, 2)
    bits = {12: 11, 11: 4, 10: 9, 9: 8, 8: 10, 7: 6, 6: 7, 5: 3, 4: 2, 3: 1, 2: 5}
    assert signed(sum((word >> at & 1) << to for at, to in bits.items()), 12) == 2 * halves
    assert word & 0xE003 == 0xA001


@given(st.integers(-1 << 7, (1 << 7) - 1))
def test_riscv64_compressed_conditional_jumps(halves: int) -> None:
    word = apply(RISCV64, 44, 2 * halves, 0xC101, 2)
    bits = {12: 8, 11: 4, 10: 3, 6: 7, 5: 6, 4: 2, 3: 1, 2: 5}
    assert signed(sum((word >> at & 1) << to for at, to in bits.items()), 9) == 2 * halves
    assert word & 0xE383 == 0xC101


@given(st.integers(-0x80000800, 0x7FFFF7FF), st.booleans())
def test_riscv64_addresses_in_two_halves(distance: int, store: bool) -> None:
    upper = apply(RISCV64, 23, distance, 0x00000517, 4)
    image = bytearray((0x00B53023 if store else 0x00053503).to_bytes(4, "little"))
    riscv_low12(Patch(image, 0, PLACE + 4, PLACE, "there"), distance, store)
    word = int.from_bytes(image, "little")
    lower = (word >> 25) << 5 | word >> 7 & 31 if store else word >> 20
    assert signed(upper & 0xFFFFF000, 32) + signed(lower, 12) == distance


@given(st.integers(0, 255), st.integers(0, 1 << 31), st.integers(0, 1 << 31))
def test_riscv64_differences(start: int, a: int, b: int) -> None:
    image = bytearray(start.to_bytes(8, "little"))
    RISCV64[36](Patch(image, 0, 0, a, "a"))
    RISCV64[40](Patch(image, 0, 0, b, "b"))
    assert int.from_bytes(image, "little") == (start + a - b) % (1 << 64)


@pytest.mark.parametrize(("table", "type_", "distance"), [
    (X86_64, 4, 1 << 31), (AARCH64, 283, 1 << 27), (AARCH64, 280, -(1 << 20) - 4), (RISCV64, 17, 1 << 20),
    (RISCV64, 16, 1 << 12), (RISCV64, 45, 1 << 11), (RISCV64, 19, 1 << 32),
])
def test_a_target_too_far_away_is_named(table: Mapping[int, Apply], type_: int, distance: int) -> None:
    with pytest.raises(LinkError, match=r"there is out of reach: .* what helps: a layout with less between them"):
        apply(table, type_, distance, 0, 8)


def test_an_address_that_does_not_fit_is_named() -> None:
    with pytest.raises(LinkError, match=r"there is out of reach: address 0x140000000 does not fit 32 bits"):
        apply(X86_64, 10, 1 << 32, 0, 4)


def test_an_access_to_an_unaligned_symbol_is_refused() -> None:
    with pytest.raises(LinkError, match="there at 0x40000004 is not aligned to the 8 bytes"):
        apply(AARCH64, 286, 4, 0, 4)
