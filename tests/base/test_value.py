"""Units, and the reading and spelling of values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastide.base.value import Bytes, Duration, milliseconds, read, seconds, spell

_SIZES = st.integers(0, (1 << 64) - 1)


@pytest.mark.parametrize(("text", "number"), [
    ("0", 0), ("4096", 4096), ("0x1000", 4096), ("16K", 16384), ("2M", 2 << 20), ("1G", 1 << 30), ("007", 7),
    ("0x10K", 16384)])
def test_a_number_of_bytes_is_read_in_all_its_forms(text: str, number: int) -> None:
    assert Bytes(text) == number


@pytest.mark.parametrize("text", ["", "K", "-1", "+1", "1k", "1KB", "1 K", " 1", "1.5M", "1_000", "0b1", "0x", "\uff11",
                                  "9" * 100_000, "0x" + "f" * 17, "18446744073709551616", "18446744073709551615K"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no number of bytes|exceeds 64 bits"):
        Bytes(text)


def test_a_number_of_bytes_is_never_negative() -> None:
    with pytest.raises(ValueError, match=r"-0x1 is no number of bytes: it must be within 0 and 0xf+"):
        Bytes(-1)


@pytest.mark.parametrize(("number", "text"), [(0, "0"), (100, "100"), (1536 << 10, "1536K"), (2 << 20, "2M"),
                                              (3 << 30, "3G")])
def test_the_largest_suffix_that_divides_is_printed(number: int, text: str) -> None:
    assert str(Bytes(number)) == f"{Bytes(number)}" == text


@given(_SIZES)
def test_a_printed_number_of_bytes_reads_back(number: int) -> None:
    assert Bytes(str(Bytes(number))) == number


def test_durations_are_microseconds() -> None:
    assert milliseconds(1.5) == Duration(1500)
    assert seconds(2) == Duration(2_000_000)
    assert str(milliseconds(20)) == "20 ms"
    assert str(Duration(1001)) == "1001 µs"


@pytest.mark.parametrize(("text", "value"), [("yes", True), ("true", True), ("on", True), ("1", True),
                                             ("no", False), ("false", False), ("off", False), ("0", False)])
def test_booleans_have_four_spellings_each(text: str, value: bool) -> None:
    assert read(text, bool) is value


@pytest.mark.parametrize("text", ["", "Yes", "y", "2", "yes "])
def test_other_spellings_are_no_booleans(text: str) -> None:
    with pytest.raises(ValueError, match="is no boolean such as yes or no"):
        read(text, bool)


@pytest.mark.parametrize(("text", "kind", "value"), [
    ("-12", int, -12), ("+12", int, 12), ("0xff", int, 255), ("010", int, 10), ("1.25", float, 1.25),
    ("-.5", float, -0.5), ("3", float, 3.0), ("1e3", float, 1000.0), ("16K", Bytes, 16384), (" a ", str, " a "),
    ("1500", Duration, Duration(1500))])
def test_a_text_is_read_as_the_wanted_kind(text: str, kind: type[int | float | str], value: object) -> None:
    result = read(text, kind)
    assert result == value
    assert type(result) is kind


@pytest.mark.parametrize(("text", "kind"), [
    ("", int), ("12x", int), ("1.0", int), ("1_0", int), ("0o7", int), ("9" * 21, int), ("99999999999999999999", int),
    ("nan", float), ("inf", float), ("1e999", float), ("1x", float), ("-5", Bytes), ("5 ms", Duration)])
def test_a_number_must_take_up_the_whole_text(text: str, kind: type[int | float]) -> None:
    with pytest.raises(ValueError, match=r"is no number|exceeds 64 bits|is too large"):
        read(text, kind)


@pytest.mark.parametrize(("text", "kind", "value"), [
    ("12x", int, 12), ("12 apples", int, 12), ("0xfz", int, 15), ("0xz", int, 0), ("16KB", Bytes, 16384),
    ("2.5.1", float, 2.5), ("1e", float, 1.0)])
def test_a_prefix_suffices_where_that_is_asked_for(text: str, kind: type[int | float], value: float) -> None:
    assert read(text, kind, prefix=True) == value


@given(st.booleans() | st.integers(-1 << 63, (1 << 64) - 1) | st.text() | _SIZES.map(Bytes))
def test_what_is_spelt_reads_back(value: bool | int | str) -> None:
    assert read(spell(value), type(value)) == value


def test_fractions_are_spelt_with_six_decimals() -> None:
    assert spell(1 / 3) == "0.333333"
    with pytest.raises(ValueError, match="nan can't be written as a number"):
        spell(float("nan"))
