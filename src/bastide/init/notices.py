"""What a child may ask its parent about sessions that are over: which others ended, and what did not come back.

A child that opens sessions for others, as init does, asks; most never do. So what is kept for it is bounded.
"""

from __future__ import annotations

from typing import Any

from bastide.base.environment import Progress, Resources

MOST = 1000
"""Of each kind. The oldest are forgotten of a child that never asks."""


class Notices:
    """By the session IDs that the child chose."""

    def __init__(self) -> None:
        self._ended: dict[int, None] = {}
        self._lost: dict[int, Resources] = {}

    def ended(self, id: int) -> None:
        """A session was ended unasked, by its server or by a new config."""
        self._ended[id] = None
        _shorten(self._ended)

    def next_ended(self) -> int:
        """A session that was ended so, told once; 0 if there is none."""
        return self._ended.popitem()[0] if self._ended else 0

    def lose(self, id: int, amount: Resources) -> None:
        """So much of a donation did not come back."""
        self._lost[id] = amount
        _shorten(self._lost)

    def loss(self, id: int) -> Resources:
        """Told once."""
        return self._lost.pop(id, Resources())

    def closed(self, id: int) -> Progress:
        """What to say about a session that is closed."""
        return Progress.SHORT if id in self._lost else Progress.DONE

    def over(self, id: int) -> None:
        """The child gives the session up itself."""
        self._ended.pop(id, None)

    def forget(self, id: int) -> None:
        """The ID stands for another session from now on."""
        self._ended.pop(id, None)
        self._lost.pop(id, None)


def _shorten(notices: dict[int, Any]) -> None:
    if len(notices) > MOST:
        del notices[next(iter(notices))]
