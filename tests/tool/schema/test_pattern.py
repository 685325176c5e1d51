"""Patterns: they mean what Python's expressions mean, and take no longer for being malicious."""

from __future__ import annotations

import re
from time import thread_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastide.tool.schema.pattern import LONGEST_VALUE, InvalidPattern, Pattern

ATOMS = st.sampled_from(["a", "b", ".", "[ab]", "[^a]", "[a-c]", r"[c1a-b\w]", r"[^b-ba-b]", r"\d", r"\.", "-"])
REPEATED = st.sampled_from(["*", "+", "?", "{2}", "{1,}", "{0,2}", "{0}"])
PATTERNS = st.recursive(ATOMS, lambda inner: st.one_of(
    st.tuples(inner, inner).map("".join),
    st.tuples(inner, inner).map(lambda pair: f"({pair[0]}|{pair[1]})"),
    st.tuples(inner, REPEATED).map(lambda part: f"({part[0]}){part[1]}"),
    st.just("()")), max_leaves=8)


@given(PATTERNS, st.text("abc.-1", max_size=8))
def test_a_pattern_matches_what_a_regular_expression_matches(pattern: str, value: str) -> None:
    assert Pattern(pattern).matches(value) == (re.fullmatch(pattern, value) is not None)


@given(st.text("ab()[]{}|*+?.^$\\-,:1d", max_size=30), st.text("ab1", max_size=10))
def test_any_text_is_a_pattern_or_refused(pattern: str, value: str) -> None:
    try:
        assert Pattern(pattern).matches(value) in (True, False)
    except InvalidPattern as error:
        assert "column" in str(error)


@pytest.mark.parametrize("pattern", ["(a*)*b", "(a|a)*b", "(a*)(a*)(a*)(a*)(a*)(a*)b", "(a?){90}(a){90}b"])
def test_what_makes_others_backtrack_for_ever_takes_a_moment(pattern: str) -> None:
    def cost(length: int) -> float:
        made = Pattern(pattern)
        begin = thread_time()
        assert not made.matches("a" * length)
        return thread_time() - begin

    assert min(cost(1000) for _ in range(3)) < 30 * min(cost(100) for _ in range(3))


def test_a_class_may_have_many_characters_and_costs_little_more_for_it() -> None:
    def cost(characters: int) -> float:
        made = Pattern(f"([{''.join(chr(0x4e00 + 2 * number) for number in range(characters))}]*)*")
        begin = thread_time()
        assert made.matches("".join(chr(0x4e00 + number) for number in range(0, 2 * characters, characters // 50)))
        return thread_time() - begin

    assert min(cost(20_000) for _ in range(3)) < 30 * min(cost(200) for _ in range(3))


def test_repetitions_of_repetitions_are_refused_before_they_take_long() -> None:
    with pytest.raises(InvalidPattern, match="at most 300 steps"):
        Pattern("a" + "*" * 1_000_000)


def test_a_value_beyond_the_limit_never_matches() -> None:
    assert Pattern("a*").matches("a" * LONGEST_VALUE)
    assert not Pattern("a*").matches("a" * (LONGEST_VALUE + 1))


@pytest.mark.parametrize(("pattern", "message"), [
    ("(a", "column 3 of the pattern: expected ')', got its end"),
    ("a)", "column 2 of the pattern: expected the end of the pattern, got ')'"),
    ("*a", "column 1 of the pattern: expected a character to be matched, got '*a'"),
    ("[a", "column 3 of the pattern: expected ']', got its end"),
    ("[b-a]", "column 5 of the pattern: expected a range of characters in their order, got ']'"),
    ("[[:alpha:]]", "column 2 of the pattern: expected single characters and ranges, got '[:alpha:]]'"),
    ("(?=a)", "column 2 of the pattern: expected a group without '?', got '?=a)'"),
    (r"\b", r"column 2 of the pattern: expected one of the escapes \d \w \s, or a sign, got 'b'"),
    ("a{3,2}", "column 6 of the pattern: expected a number not below 3, got '}'"),
    ("a{,2}", "column 3 of the pattern: expected a number, got ',2}'"),
    ("a{2", "column 4 of the pattern: expected '}', got its end"),
    ("(a{100}){100}", "column 14 of the pattern: expected at most 300 steps, got its end"),
    ("(" * 30 + "a" + ")" * 30,
     "column 22 of the pattern: expected at most 20 groups in one another, got '(((((((((a'"),
    ("abcdefghij" * 200, "column 302 of the pattern: expected at most 300 steps, got 'bcdefghija'"),
    ("|".join("a" * 200), "column 400 of the pattern: expected at most 300 steps, got its end"),
])
def test_what_is_no_pattern_is_refused_with_its_column(pattern: str, message: str) -> None:
    with pytest.raises(InvalidPattern) as caught:
        Pattern(pattern)
    assert str(caught.value) == message
