"""Lines of a log as they are shown, and what they were before: who spoke, how loudly, and the whole text.

A LOG call carries 230 bytes, so that a long message arrives as several lines. They are put together again where they
follow one another.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from bastide.base.log import LINE

LONGEST = 4000
"""Characters of one message; what is longer was not said by anybody who is known here."""

_LABELLED = re.compile(r"(?:\[ *[0-9.]+\] )?\[([^\]]*)\] (.*)")
_EXCEPTION = re.compile(r"(?:[a-z_]\w*\.)*([A-Z]\w*): (.*)")


@dataclass(frozen=True)
class Line:
    """One message. `speaker` is the label of who said it; empty: core, or nobody knows."""

    speaker: str
    text: str

    @property
    def content(self) -> str:
        """Without what only says how bad it is: `Warning: `, or the type of an exception."""
        text = self.text
        for prefix in ("Warning: ", "Error: "):
            text = text.removeprefix(prefix)
        exception = _EXCEPTION.fullmatch(text)
        return exception[2] if exception is not None and "." in text.partition(":")[0] else text


def parsed(shown: str) -> Line:
    """The line that is shown so: plain, as a JSON object, or as part of an error of the tool."""
    shown = shown.strip("\r\n")[:LONGEST]
    if shown.startswith("{"):
        try:
            made = json.loads(shown)
            return Line(str(made["label"]), str(made["text"]))
        except (ValueError, KeyError, TypeError, RecursionError):
            pass
    match = _LABELLED.match(shown)
    return Line(match[1], match[2]) if match is not None else Line("", shown.strip())


def messages(lines: Iterable[str]) -> Iterator[Line]:
    """The messages of a log, with those that were cut put together."""
    pending: Line | None = None
    whole = False
    for shown in lines:
        line = parsed(shown)
        if pending is not None and not whole and line.speaker == pending.speaker:
            pending = replace(pending, text=(pending.text + line.text)[:LONGEST])
        else:
            if pending is not None:
                yield pending
            pending = line
        whole = len(line.text.encode(errors="replace")) < LINE - 3      # it is cut between characters
    if pending is not None:
        yield pending
