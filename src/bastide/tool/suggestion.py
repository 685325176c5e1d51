"""What the user may have meant: the closest of the names that would have been right."""

from __future__ import annotations

from collections.abc import Iterable

_LONGEST = 64
"""Similarity costs quadratic time; nobody mistypes a name that is longer than this."""

_COMPARED = 300
"""Of a crowd of candidates, those are compared that begin most like the name."""


def closest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate that looks most like `name`, if one does."""
    import difflib  # late: only mistakes need them
    from bisect import bisect

    known = sorted({candidate for candidate in candidates if len(candidate) <= _LONGEST})
    if len(known) > _COMPARED:
        begin = max(0, bisect(known, name) - _COMPARED // 2)
        known = known[begin:begin + _COMPARED]
    return next(iter(difflib.get_close_matches(name[:_LONGEST], known, 1)), None)


def suggestion(name: str, candidates: Iterable[str]) -> str:
    """The end of an error message: `; did you mean 'x'?`, all candidates if they are few, or nothing."""
    known = sorted(set(candidates))
    if (match := closest(name, known)) is not None:
        return f"; did you mean '{match}'?"
    return f"; known: {', '.join(known)}" if 0 < len(known) <= 12 else ""
