"""Messages of a system by their form: what was said, what it means, and what helps.

A form is a text with places for what differs: `{child}: no route to service "{service}"`. Values are taken from the
left to the right, each up to the next fixed text, without ever going back: a line is chosen by others, and may be made
to keep its reader busy. As a LOG call carries 230 bytes, lines can be cut off; then the form that agrees longest is
taken.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

_PLACE = re.compile(r"\{(\w+)\}")
_LEAST = 12
"""Fixed characters of a form that have to agree with a line that is cut off."""


@dataclass(frozen=True)
class Message:
    """One thing that init, core or the framework says. `meaning` and `help` may name the values of the form.

    The value `reason` is what somebody else said, and explained in turn.
    """

    form: str
    meaning: str
    help: str = ""

    @cached_property
    def _parts(self) -> list[str]:
        """Fixed text and names of values, in turn."""
        return _PLACE.split(self.form)

    def match(self, text: str) -> dict[str, str] | None:
        """The values in a whole line."""
        found, _ = self._read(text)
        return found

    def agreement(self, text: str) -> int:
        """How many fixed characters of the form are at their places in a line that is cut off, 0 for too few."""
        found, agreed = self._read(text)
        return agreed if found is None and agreed >= _LEAST else 0

    def values(self, text: str) -> dict[str, str]:
        """What can be known of the values of a line that may be cut off."""
        known = self.match(text)
        return self._read(text, cut=True)[0] or {} if known is None else known

    def _read(self, text: str, cut: bool = False) -> tuple[dict[str, str] | None, int]:
        first, *rest = self._parts
        if not text.startswith(first):
            return None, 0
        position, agreed = len(first), len(first)
        values: dict[str, str] = {}
        for index in range(0, len(rest), 2):
            name, literal = rest[index:index + 2]
            if literal == "":
                at = len(text)
            elif index == len(rest) - 2:
                at = len(text) - len(literal) if text.endswith(literal) else -1
            else:
                at = text.find(literal, position)
            if at < position:
                values[name] = text[position:]
                return (values if cut else None), agreed
            values[name] = text[position:at]
            position, agreed = at + len(literal), agreed + len(literal)
        return (values if position == len(text) else None), agreed


def find(messages: Sequence[Message], text: str) -> tuple[Message, Mapping[str, str]] | None:
    """The message that a text is, with its values: the first whose form it has."""
    for message in messages:
        if (values := message.match(text)) is not None:
            return message, values
    nearest = max(messages, key=lambda message: message.agreement(text))
    return (nearest, nearest.values(text)) if nearest.agreement(text) else None
