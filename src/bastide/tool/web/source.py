"""What the page asks of a run, and a run that is asked by the socket that it offers to its user.

The methods are called in threads of the page's server, and may wait for the run. What can't be done is a BastideError.
"""

from __future__ import annotations

from typing import Protocol

from bastide.base.errors import BastideError
from bastide.tool.graph.model import System
from bastide.tool.live.client import NoSuchRun, RunEnded, chosen
from bastide.tool.live.excerpt import Excerpt


class Ended(BastideError):
    """The run has ended, and answers nothing any more."""


class Source(Protocol):
    """A run, as the page knows it."""

    def snapshot(self) -> System:
        """The system as it is now."""

    def log(self, after: int) -> Excerpt:
        """Some of the lines that came after so many; none, if there is none."""

    def config(self) -> str:
        """The config that is in force."""

    def apply(self, text: str) -> None:
        """Put another config in force, unless something is wrong with it: `config:LINE:COLUMN: what`, in lines."""

    def kill(self, label: str) -> None:
        """End a component as a fault would."""


class Process:
    """The run that is another process. Each question has a connection of its own: an answer that is late is lost."""

    def __init__(self, pid: int) -> None:
        self._name = str(pid)

    def snapshot(self) -> System:
        try:
            with chosen(self._name) as run:
                return run.snapshot()
        except (NoSuchRun, RunEnded):
            raise Ended("the run ended") from None

    def log(self, after: int) -> Excerpt:
        try:
            with chosen(self._name) as run:
                return run.log(after)
        except (NoSuchRun, RunEnded):
            raise Ended("the run ended") from None

    def config(self) -> str:
        with chosen(self._name) as run:
            return run.config()

    def apply(self, text: str) -> None:
        with chosen(self._name) as run:
            run.apply(text, "config")

    def kill(self, label: str) -> None:
        with chosen(self._name) as run:
            run.kill(label)
