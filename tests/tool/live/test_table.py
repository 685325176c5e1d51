"""Tables and numbers as people read them."""

from __future__ import annotations

import pytest

from bastide.tool.live.commands.table import size, span, table


@pytest.mark.parametrize(("amount", "shown"), [
    (None, "-"), (0, "0B"), (999, "999B"), (1000, "1.0K"), (8192, "8.0K"), (64 << 10, "64K"), (999 << 10, "999K"),
    (1 << 20, "1.0M"), (11 << 30, "11G"), (1 << 60, "1048576T")])
def test_sizes_have_about_three_digits(amount: int | None, shown: str) -> None:
    assert size(amount) == shown


@pytest.mark.parametrize(("seconds", "shown"), [
    (-5.0, "0s"), (0.9, "0s"), (59, "59s"), (60, "1m 0s"), (3599, "59m 59s"), (3600, "1h 0m"), (90000, "1d 1h")])
def test_times_have_two_units(seconds: float, shown: str) -> None:
    assert span(seconds) == shown


def test_columns_are_as_wide_as_they_need_to_be() -> None:
    assert table([("A", "B", ""), ("long", "1", "x"), ("b", "100", "")], "<><") == [
        "A       B", "long    1  x", "b     100"]
