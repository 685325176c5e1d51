"""LOG: lines of text, handed to whoever booted core, with the label of who wrote them."""

from __future__ import annotations

from collections.abc import Callable

from bastide.base import SessionRequest
from bastide.base.environment import LogSession

LINE = 231
"""Longest line, with its newline."""

Print = Callable[[str, str], None]
"""Take a label and a line without its newline. Both are data of strangers: whoever shows them escapes them."""


class Log(LogSession):
    def __init__(self, request: SessionRequest, show: Print) -> None:
        self._label = request.label.removesuffix(" -> ")
        self._show = show

    def write(self, text: str) -> None:
        for line in text[:LINE].removesuffix("\n").split("\n"):
            self._show(self._label, line)
