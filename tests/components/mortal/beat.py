"""The pace that a test sets: work starts with a beat, and when all have reported, nothing is under way anywhere."""

from __future__ import annotations

from dataclasses import dataclass

from bastide.base import Session, SignalCap, rpc


@dataclass(frozen=True)
class Beat:
    """Work once. `fate` is what is to happen to the component meanwhile, at its `step`-th step; empty: nothing."""

    number: int
    fate: str = ""
    step: int = 0


class BeatSession(Session):
    service = "Beat"

    @rpc
    def sigh(self, context: SignalCap | None) -> None:
        """Where to tell that there is a new beat."""

    @rpc
    def take(self) -> Beat:
        """The newest beat."""
        ...

    @rpc
    def done(self, number: int, trouble: str) -> None:
        """The work of a beat is done; `trouble` tells what went wrong, as it may when others die."""
