"""What a child may ask its parent about sessions that are over: which its servers ended, and what did not come back.

A child that opens sessions for others, as init does, asks; most never do. So what is kept for it is bounded.
"""

from __future__ import annotations

from bastide.base.environment import Progress, Resources

MOST_LOSSES = 1000


class Notices:
    """By the session IDs that the child chose."""

    def __init__(self) -> None:
        self._ended: dict[int, None] = {}
        self._lost: dict[int, Resources] = {}

    def ended(self, id: int) -> None:
        """The server ended a session unasked."""
        self._ended[id] = None

    def next_ended(self) -> int:
        """A session that was ended so and that the child does not know about, or 0."""
        return self._ended.popitem()[0] if self._ended else 0

    def lose(self, id: int, amount: Resources) -> None:
        """So much of a donation did not come back. The oldest losses are forgotten if the child never asks."""
        self._lost[id] = amount
        if len(self._lost) > MOST_LOSSES:
            del self._lost[next(iter(self._lost))]

    def loss(self, id: int) -> Resources:
        """Told once."""
        return self._lost.pop(id, Resources())

    def closed(self, id: int) -> Progress:
        """What to say about a session that is closed."""
        return Progress.SHORT if id in self._lost else Progress.DONE

    def over(self, id: int) -> None:
        """The child knows that the session is over."""
        self._ended.pop(id, None)

    def forget(self, id: int) -> None:
        """The ID stands for another session from now on."""
        self._ended.pop(id, None)
        self._lost.pop(id, None)
