"""The space between two rows: each net gets a horizontal track in it, so that different nets share no piece of line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

CLOSE = 6.0
"""Vertical lines nearer than this look like one."""

_STRAIGHT = 0.5
_CONFLICT = 40                          # as many crossings are better than two lines on top of one another


@dataclass(frozen=True)
class Run:
    """A net in one gap: where it comes from above, and where it goes to below."""

    uppers: tuple[float, ...]
    lowers: tuple[float, ...]

    @property
    def span(self) -> tuple[float, float]:
        return min(*self.uppers, *self.lowers), max(*self.uppers, *self.lowers)

    @property
    def straight(self) -> bool:
        """Whether it needs no track."""
        left, right = self.span
        return right - left < _STRAIGHT


def tracks(runs: Sequence[Run]) -> tuple[list[int], int]:
    """For each run the number of its track, counted from above, or -1 if it needs none; and how many there are."""
    bent = [place for place, run in enumerate(runs) if not run.straight]
    bent.sort(key=lambda place: (runs[place].span[1] - runs[place].span[0], runs[place].span))
    order = _improved(bent, runs)
    levels = [-1] * len(runs)
    for place, number in enumerate(order):
        beside = (levels[other] + 1 for other in order[:place] if _overlap(runs[other], runs[number]))
        levels[number] = max(beside, default=0)
    return levels, max(levels, default=-1) + 1


def _improved(order: list[int], runs: Sequence[Run]) -> list[int]:
    """Swap neighbours as long as it saves crossings."""
    saved = True
    for _ in range(len(order)):
        if not saved:
            break
        saved = False
        for place in range(len(order) - 1):
            upper, lower = order[place], order[place + 1]
            if _cost(runs[lower], runs[upper]) < _cost(runs[upper], runs[lower]):
                order[place], order[place + 1] = lower, upper
                saved = True
    return order


def _cost(above: Run, below: Run) -> int:
    """Crossings if one has its track above the other's; lines on top of one another count more."""
    left, right = above.span
    first, last = below.span
    crossings = sum(left < x < right for x in below.uppers) + sum(first < x < last for x in above.lowers)
    conflicts = sum(abs(x - y) < CLOSE for x in below.uppers for y in above.lowers)
    return crossings + _CONFLICT * conflicts


def _overlap(one: Run, other: Run) -> bool:
    return one.span[0] < other.span[1] + 2 * CLOSE and other.span[0] < one.span[1] + 2 * CLOSE
