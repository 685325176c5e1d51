"""Session arguments as text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastide.base import args
from bastide.base.errors import InvalidArgs
from bastide.base.node import Node
from bastide.base.value import Bytes

_KEYS = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)
_TEXTS = st.text(st.characters(blacklist_categories=["Cc", "Cs"]), max_size=8)


def test_all_forms_of_values_are_read() -> None:
    assert args.parse('label="a -> b", ram_quota=16K,cap_quota = 3 , priority=0xff, offset=-1, wc=yes, x=""') == {
        "label": "a -> b", "ram_quota": "16K", "cap_quota": "3", "priority": "0xff", "offset": "-1", "wc": "yes",
        "x": ""}


def test_quotes_and_backslashes_are_escaped() -> None:
    assert args.parse(r'label="say \"hi\" \\ \n"') == {"label": r'say "hi" \ \n'}
    assert args.format({"label": 'a" \\'}) == r'label="a\" \\"'


def test_the_first_of_equal_keys_counts() -> None:
    assert args.parse('label="mine", label="yours"') == {"label": "mine"}


@pytest.mark.parametrize("text", ["", " ", ",", " , ,"])
def test_nothing_is_no_arguments(text: str) -> None:
    assert args.parse(text) == {}


def test_a_removed_argument_may_leave_its_comma() -> None:
    assert args.parse(", a=1,, b=2,") == {"a": "1", "b": "2"}


@pytest.mark.parametrize(("text", "message"), [
    ("=1", "column 1: expected a key, got '=1'"),
    ("a", "column 2: expected '=' behind the key 'a', got the end of the text"),
    ("a b=1", "column 2: expected '=' behind the key 'a', got ' b=1'"),
    ("a=", "column 3: expected a number, an identifier or a quoted string as value of 'a', got the end of the text"),
    ("a=,b=1", "column 3: expected a number, an identifier or a quoted string as value of 'a', got ',b=1'"),
    ("a=1Q", "column 3: expected a number, an identifier or a quoted string as value of 'a', got '1Q'"),
    ('a="b', "column 3: expected the closing quote as value of 'a', got '\"b'"),
    ('a="b\\"', "column 3: expected the closing quote as value of 'a', got '\"b\\\\\"'"),
    ('a="b\nc"', "column 3: expected the closing quote as value of 'a', got '\"b\\nc\"'"),
    ("a=1 b=2", "column 5: expected ',' behind the value of 'a', got 'b=2'"),
])
def test_a_malformed_text_is_refused_with_place_and_expectation(text: str, message: str) -> None:
    with pytest.raises(InvalidArgs) as error:
        args.parse(text)
    assert str(error.value) == f"session arguments, {message}"


def test_the_limits_are_in_bytes() -> None:
    text = 'label="' + "ä" * 124 + '"'
    assert len(args.parse(text)["label"]) == 124
    with pytest.raises(InvalidArgs, match=r"^session arguments: expected at most 256 bytes, got 258: "):
        args.parse(text.replace('"', '"ä', 1))
    with pytest.raises(InvalidArgs, match=r"^session arguments: expected at most 160 bytes, got 256: "):
        args.parse(text, limit=160)
    with pytest.raises(InvalidArgs, match=r"^session arguments: expected at most 256 bytes, got 308: "):
        args.format({"label": "x" * 300})


def test_numbers_and_booleans_are_written_bare_and_texts_quoted() -> None:
    assert args.format({"label": "a", "ram_quota": Bytes(16384), "n": -1, "wc": True, "copied": "2M"}) == \
        'label="a", ram_quota=16K, n=-1, wc=yes, copied=2M'


def test_what_cannot_be_written_is_refused() -> None:
    with pytest.raises(InvalidArgs, match=r"expected printable text as value of 'label', got 'a\\nb'"):
        args.format({"label": "a\nb"})
    with pytest.raises(InvalidArgs, match="expected a key of letters, digits and '_', got 'a b'"):
        args.format({"a b": 1})
    with pytest.raises(InvalidArgs, match="expected a number, boolean or text as value of 'a', got list"):
        args.format({"a": []})


def test_suffixes_are_read_as_bytes() -> None:
    given = Node("args", args.parse("ram_quota=16K"))
    assert given.attribute("ram_quota", Bytes(0)) == 16384


@given(st.dictionaries(_KEYS, _TEXTS, max_size=8))
def test_what_is_written_reads_back(pairs: dict[str, str]) -> None:
    assert args.parse(args.format(pairs, limit=1000), limit=1000) == pairs


@given(st.text(alphabet=' ,="\\abAB019xKM+-\n\x00ä\ud800', max_size=40) | st.text())
def test_any_text_answers_with_arguments_or_invalid_args(text: str) -> None:
    try:
        assert all(isinstance(value, str) for value in args.parse(text).values())
    except InvalidArgs as error:
        assert str(error).startswith("session arguments")
