"""Runs of this user, from another process: which there are, and how one is asked.

`running` and `running_config` are what commands use that show a run in the place of a scenario.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, Self

from bastide.base.errors import BastideError
from bastide.tool.graph.model import System
from bastide.tool.live.about import About
from bastide.tool.live.excerpt import Excerpt, Line
from bastide.tool.live.folder import FolderError, connected, entered, names, places
from bastide.tool.log import visible

SECONDS = 10.0
"""Within which a run has to answer: longer than it waits for its own core."""

LONGEST_ANSWER = 64 << 20


class NoSuchRun(BastideError):
    """No run is called so, or several are; the text has the list."""


class Refused(BastideError):
    """The run did not do what it was asked for; the text says why."""


class RunEnded(BastideError):
    """The run ended while it was asked or looked at."""


class Connection:
    """A connection to one run; one question at a time. Raises Refused, RunEnded."""

    def __init__(self, stream: socket.socket, name: str) -> None:
        self.name = name
        self._stream, self._answers = stream, stream.makefile("rb")

    def about(self) -> About:
        return About(**self._ask("about"))

    def snapshot(self) -> System:
        return System.from_json(self._ask("snapshot"))

    def config(self) -> str:
        return str(self._ask("config"))

    def apply(self, text: str, origin: str, force: bool = False) -> None:
        self._ask("apply", text=text, origin=origin, force=force)

    def kill(self, label: str) -> str:
        """The whole label of what was killed."""
        return str(self._ask("kill", label=label))

    def log(self, after: int | None = None) -> Excerpt:
        """Lines of the log after so many, or all that are known; at most as many as one answer has."""
        return _excerpt(self._ask("log", after=after))

    def follow(self, after: int | None = None) -> Iterator[Excerpt]:
        """Lines as they come, until the run ends. The connection serves nothing else any more."""
        yield _excerpt(self._ask("log", after=after, follow=True))
        self._stream.settimeout(None)
        while (answer := self._answer()) is not None:
            yield _excerpt(answer)

    def close(self) -> None:
        self._answers.close()
        self._stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 where: TracebackType | None) -> None:
        self.close()

    def _ask(self, what: str, **details: object) -> Any:
        try:
            self._stream.sendall(json.dumps({"ask": what, **details}).encode() + b"\n")
        except TimeoutError:
            raise Refused(f"the run {self.name} does not take a question within {SECONDS:g} s") from None
        except OSError:
            pass                                # it may have said why before it hung up
        answer = self._answer()
        if answer is None:
            raise RunEnded(f"the run {self.name} has ended")
        return answer

    def _answer(self) -> Any:
        """None: there is none any more."""
        try:
            line = self._answers.readline(LONGEST_ANSWER)
        except TimeoutError:
            raise Refused(f"the run {self.name} does not answer within {SECONDS:g} s") from None
        except OSError:
            line = b""
        if not line.endswith(b"\n"):
            return None
        answer = json.loads(line)
        if "error" in answer:
            raise Refused(str(answer["error"]))
        return answer["ok"]


def runs() -> Iterator[Connection]:
    """Connections to all runs of this user, oldest process first. What dead ones left is removed."""
    yield from _found(lambda name: True)


def chosen(run: str | None) -> Connection:
    """The run of that name or process id, or the only one there is. Raises NoSuchRun."""
    found = list(_found(lambda name: run is None or run in name.split("-", 1)))
    if len(found) == 1:
        return found[0]
    several = ", ".join(connection.name for connection in found)
    for connection in found:
        connection.close()
    if several:
        raise NoSuchRun(f"which run? There are {several}: give the number in front")
    others = []
    for connection in runs():
        others.append(connection.name)
        connection.close()
    if others:
        raise NoSuchRun(f"there is no run '{visible(str(run)[:60])}'; there are {', '.join(others)}")
    raise NoSuchRun("nothing runs; 'bastide run NAME' starts something")


def running(run: str | None) -> System:
    """What runs under that name or process id, as a picture shows it. Raises NoSuchRun, Refused, RunEnded."""
    with chosen(run) as connection:
        return connection.snapshot()


def running_config(run: str | None) -> str:
    """The config of its top component. Raises NoSuchRun, Refused, RunEnded."""
    with chosen(run) as connection:
        return connection.config()


def _found(wanted: Callable[[str], bool]) -> Iterator[Connection]:
    for place in places():
        try:
            with entered(place) as folder:
                for name in filter(wanted, names(folder)):
                    if (stream := connected(folder, name, SECONDS)) is not None:
                        yield Connection(stream, name)
        except (FileNotFoundError, FolderError):
            continue


def _excerpt(answer: dict[str, Any]) -> Excerpt:
    return Excerpt(tuple(Line(**line) for line in answer["lines"]), answer["after"], answer["missed"])
