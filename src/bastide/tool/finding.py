"""Findings: what is wrong with a text that people wrote, where, and what may have been meant."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from bastide.base.errors import InvalidNode

_PLACE = re.compile(r"(.*):(\d+):(\d+)", re.DOTALL)
_MESSAGE = re.compile(r"(.*?):(\d+):(\d+): (.*)", re.DOTALL)

_LONGEST_NODE = 100
"""Lines behind the beginning of a node in which its attributes are looked for."""


@dataclass(frozen=True, order=True)
class Finding:
    """One flaw. Lines and columns count from 1; findings are ordered by place."""

    path: str
    line: int
    column: int
    what: str
    hint: str = ""
    attribute: str = field(default="", compare=False)
    """Of the node at that place, the attribute that is meant."""

    @classmethod
    def at(cls, place: str, what: str, hint: str = "", attribute: str = "") -> Finding:
        """A finding about what stands at `place`, as `Node.place` tells it."""
        match = _PLACE.fullmatch(place)
        path, line, column = match.groups() if match else (place, "1", "1")
        return cls(path, int(line), int(column), what, hint, attribute)

    @classmethod
    def of(cls, error: Exception, path: str) -> Finding:
        """What an error says that came up when the file `path` was read."""
        if isinstance(error, InvalidNode) and error.line:
            return cls.at(f"{path}:{error.line}:{error.column}", str(error).removeprefix(
                f"{error.origin}:{error.line}:{error.column}: "))
        return cls.told(str(error), path)

    @classmethod
    def told(cls, text: str, path: str) -> Finding:
        """What a message says, about the place that it begins with, if that is one in the file `path`."""
        if text.startswith(f"{path}:") and (match := _MESSAGE.fullmatch(text.removeprefix(path))):
            return cls(path, int(match[2]), int(match[3]), match[4])
        return cls(path, 1, 1, text.removeprefix(f"{path}: "))

    def refined(self, lines: Sequence[str]) -> Finding:
        """The same, at the place of the attribute rather than of its node; `lines` are the content of the file."""
        if not self.attribute:
            return self
        line, column = attribute_place(lines, self.line, self.column, self.attribute)
        return replace(self, line=line, column=column)

    def __str__(self) -> str:
        hint = f"; {self.hint}" if self.hint else ""
        return f"{self.path}:{self.line}:{self.column}: {self.what}{hint}"


def attribute_place(lines: Sequence[str], line: int, column: int, attribute: str) -> tuple[int, int]:
    """Line and column of an attribute of the node at the given place; that of the node if it isn't found.

    A parser does not keep the places of attributes, as no program needs them at run time. They precede the sub nodes,
    so that the first tag of that name behind the beginning of the node is the attribute. In HID comments may come in
    between.
    """
    tag = re.compile(rf"(?:^|[\s|])({re.escape(attribute)})\s*[:=]")
    xml = next((content for content in lines if content.strip()), "").lstrip().startswith("<")
    for number in range(line, min(len(lines), line + _LONGEST_NODE) + 1):
        content = lines[number - 1]
        if not xml and content.lstrip(" |").startswith((". ", ": ")):
            continue
        if match := tag.search(content, column - 1 if number == line else 0):
            return number, match.start(1) + 1
        if not xml and number > line and content.lstrip(" |").startswith(("+ ", "x ", "-")):
            break
    return line, column
