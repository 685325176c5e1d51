"""Components as people name them."""

from __future__ import annotations

import pytest

from bastide.tool.live.labels import UnknownLabel, meant

KNOWN = {"init", "init -> panel", "init -> panel -> clock", "init -> other -> clock", "init -> panel -> panel"}


@pytest.mark.parametrize(("given", "label"), [
    ("init", "init"), ("init -> panel", "init -> panel"), ("panel -> clock", "init -> panel -> clock"),
    ("other -> clock", "init -> other -> clock")])
def test_the_end_of_a_label_is_enough_if_it_is_the_only_one(given: str, label: str) -> None:
    assert meant(given, KNOWN) == label


@pytest.mark.parametrize(("given", "message"), [
    ("clock", "'clock' can mean 'init -> other -> clock', 'init -> panel -> clock': give the whole label"),
    ("clok", "there is no component 'clok'; did you mean 'clock'?"),
    ("zz\x1b[2J", "there is no component 'zz\\x1b[2J'; known: "),
    ("lock", "there is no component 'lock'; did you mean 'clock'?"),
])
def test_what_is_unclear_is_answered_by_what_there_is(given: str, message: str) -> None:
    with pytest.raises(UnknownLabel) as raised:
        meant(given, KNOWN)
    assert str(raised.value).startswith(message)


def test_a_list_of_many_is_cut() -> None:
    with pytest.raises(UnknownLabel, match="and 90 more"):
        meant("qqq", {f"init -> component {number}" for number in range(100)})
