"""Lines of a log, as its readers get them."""

from __future__ import annotations

from typing import NamedTuple


class Line(NamedTuple):
    """`label` is who logged it, empty for core. Both are data of strangers: whoever prints them escapes them."""

    label: str
    text: str
    note: bool = False
    """It is the tool itself that speaks."""


class Excerpt(NamedTuple):
    """Lines in order. The next excerpt begins `after` this many lines of the log; `missed` came before these."""

    lines: tuple[Line, ...]
    after: int
    missed: int = 0
