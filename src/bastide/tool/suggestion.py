"""What the user may have meant: the closest of the names that would have been right."""

from __future__ import annotations

from collections.abc import Iterable

_LONGEST = 64
"""Similarity costs quadratic time; nobody mistypes a name that is longer than this."""

_COMPARED = 300
"""Of a crowd of candidates, those are compared that begin most like the name."""


def closest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate that looks most like `name`, if one does."""
    return _closest(name, _in_order(candidates))


def suggestion(name: str, candidates: Iterable[str]) -> str:
    """The end of an error message: `; did you mean 'x'?`, all candidates if they are few, or nothing."""
    known = _in_order(candidates)
    if (match := _closest(name, known)) is not None:
        return f"; did you mean '{match}'?"
    return f"; known: {', '.join(known)}" if 0 < len(known) <= 12 else ""


def _in_order(candidates: Iterable[str]) -> list[str]:
    """Each once. What is in order already, as far as it is, takes next to no time."""
    return sorted(dict.fromkeys(candidates))


def _closest(name: str, known: list[str]) -> str | None:
    import difflib  # late: only mistakes need them
    from bisect import bisect

    if len(known) > _COMPARED:
        begin = max(0, bisect(known, name) - _COMPARED // 2)
        known = known[begin:begin + _COMPARED]
    near = [candidate for candidate in known if len(candidate) <= _LONGEST]
    return next(iter(difflib.get_close_matches(name[:_LONGEST], near, 1)), None)
