"""CPU: where programs may run."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bastide.base import Affinity
from bastide.core.cpu import within

FOUR = (0, 1, 2, 3)
NUMBERS = st.integers(-(1 << 63), (1 << 63) - 1) | st.integers(-3, 6)


def test_a_location_means_its_share_of_the_processors() -> None:
    assert within(FOUR, Affinity(2, 1, 1, 0, 1, 1)) == (2, 3)
    assert within(FOUR, Affinity(4, 1, 1, 0, 2, 1)) == (1, 2)
    assert within(FOUR, Affinity(8, 1, 7, 0, 1, 1)) == (3,)
    assert within((5,), Affinity(4, 1, 3, 0, 1, 1)) == (5,)


def test_no_location_means_all() -> None:
    assert within(FOUR, Affinity()) == FOUR
    assert within(FOUR, Affinity(1, 1, 0, 0, 1, 1)) == FOUR


@given(st.builds(Affinity, *[NUMBERS] * 6), st.builds(Affinity, *[NUMBERS] * 6))
def test_no_location_leaves_the_one_of_its_session(session: Affinity, own: Affinity) -> None:
    outer = within(FOUR, session)
    inner = within(outer, own)
    assert inner and set(inner) <= set(outer) <= set(FOUR)
