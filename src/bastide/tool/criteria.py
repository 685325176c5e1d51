"""When a scenario has succeeded or failed: the `succeed` and `fail` nodes of a runtime file, and the judge over them.

The rules are those of Genode's test packages. Each node is one criterion: a time (`after_seconds`), an exit value of
the top component (`exit`), a text that the log has to contain, or the last two together. The text is split into lines
and at each `*` into fragments, which are searched one after the other in the whole log; the first fragment of a line
stands at the beginning of a log line unless a `*` precedes it. The first fulfilled criterion decides.

The judge sees each line once and remembers a position per criterion, so that its cost is linear in the log. It does
not know what runs the scenario: it is told lines, the exit and that the time is up.
"""

from __future__ import annotations

import math
from enum import Enum
from typing import NamedTuple

from bastide.base.label import SEPARATOR
from bastide.base.node import Node
from bastide.tool.log import lines_of, prefixed


class Outcome(Enum):
    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"
    INVALID = "invalid"


class Verdict(NamedTuple):
    """The result of a scenario; `reason` is `log`, `exit`, `timeout N sec` or what is wrong with the criteria."""

    outcome: Outcome
    reason: str
    detail: str = ""
    """For people: what was missing."""


class Fragment(NamedTuple):
    """A text without line break to be found in the log."""

    text: str
    begins_line: bool


class Criterion(NamedTuple):
    """One `succeed` or `fail` node. A timed one has no exit value, and its text does not count."""

    outcome: Outcome
    seconds: float | None = None
    exit: int | None = None
    pattern: tuple[Fragment, ...] | None = None


class Criteria(NamedTuple):
    """All criteria of a scenario, in order. With none at all, the scenario runs until somebody interrupts it."""

    all: tuple[Criterion, ...] = ()
    problem: str = ""
    """Why these criteria can't decide anything; empty if they can."""

    @property
    def deadline(self) -> float | None:
        """Seconds after which the judge wants to be told."""
        return next((criterion.seconds for criterion in self.all if criterion.seconds is not None), None)

    @classmethod
    def parse(cls, runtime: Node) -> Criteria:
        """The criteria of a runtime node. Never raises: what is wrong with them is a property of the result."""
        nodes = list(runtime.sub_nodes("succeed", "fail"))
        try:
            criteria = tuple(map(_criterion, nodes))
        except _Malformed as error:
            return cls(problem=str(error))
        return cls(criteria, _timed_problem(nodes))


def fragments(pattern: str) -> tuple[Fragment, ...]:
    """What has to be found in the log, in order."""
    found = []
    for line in pattern.split("\n"):
        first, *further = line.strip(" \t\r").split("*")
        found += [Fragment(first, True)] if first else []
        found += [Fragment(text, False) for text in further if text]
    return tuple(found)


class Judge:
    """Looks at a running scenario and decides once."""

    def __init__(self, criteria: Criteria, prefix: str = "init") -> None:
        """`prefix` is the label of the top component; lines of anybody who is not below it don't count."""
        self._prefix = prefix.removesuffix(SEPARATOR)
        self._searches = [(criterion, _Search(criterion.pattern or ())) for criterion in criteria.all]
        self._judged = bool(criteria.all or criteria.problem)
        self._exit: int | None = None
        self._time_is_up = False
        self.verdict = Verdict(Outcome.INVALID, criteria.problem) if criteria.problem else None

    def line(self, label: str, text: str) -> Verdict | None:
        """A message was written to the log."""
        if self.verdict is None and self._judged and (scope := self._scope(label)) is not None:
            for line in lines_of(text):
                for _, search in self._searches:
                    search.feed(prefixed(scope, line))
                if self._look() is not None:
                    break
        return self.verdict

    def exited(self, value: int) -> Verdict | None:
        """The top component exited. No verdict: its value is fine, but a text is still missing in the log."""
        if self.verdict is None:
            self._exit = value
            if not self._judged:
                self.verdict = Verdict(Outcome.FAILED if value else Outcome.OK, "exit", f"exit value {value}")
            elif self._look() is None and all(criterion.exit != value for criterion, _ in self._searches):
                self.verdict = Verdict(Outcome.FAILED, "exit", f"no criterion mentions the exit value {value}")
        return self.verdict

    def deadline(self) -> Verdict | None:
        """The time of the timed criterion is up."""
        if self.verdict is None and self._judged:
            self._time_is_up = True
            if self._look() is None:
                self.verdict = Verdict(Outcome.FAILED, self._timeout(), self._missing())
        return self.verdict

    def log_ended(self) -> Verdict | None:
        """No further line can come: whatever is still missing will stay so."""
        if self.verdict is None and self._judged:
            self.verdict = Verdict(Outcome.FAILED, "exit", self._missing())
        return self.verdict

    def _scope(self, label: str) -> str | None:
        if label == self._prefix:
            return ""
        below = label.removeprefix(self._prefix + SEPARATOR)
        return below if below != label else None

    def _look(self) -> Verdict | None:
        for criterion, search in self._searches:
            if criterion.seconds is not None:
                if self._time_is_up and self._exit is None:
                    self.verdict = Verdict(criterion.outcome, self._timeout(), self._missing())
                    break
            elif criterion.exit == self._exit and search.complete:
                self.verdict = (Verdict(criterion.outcome, "log") if criterion.exit is None else
                                Verdict(criterion.outcome, "exit", f"exit value {criterion.exit}"))
                break
        return self.verdict

    def _timeout(self) -> str:
        seconds = next(criterion.seconds for criterion, _ in self._searches if criterion.seconds is not None)
        return f"timeout {seconds:g} sec"

    def _missing(self) -> str:
        wanted = [search.missing() for criterion, search in self._searches
                  if criterion.outcome is Outcome.OK and criterion.seconds is None and not search.complete]
        return "; ".join(wanted)


class _Search:
    """The progress of one pattern through the log."""

    def __init__(self, pattern: tuple[Fragment, ...]) -> None:
        self._pattern = pattern
        self._found = 0

    @property
    def complete(self) -> bool:
        return self._found == len(self._pattern)

    def feed(self, line: str) -> None:
        position = 0
        while not self.complete:
            fragment = self._pattern[self._found]
            if fragment.begins_line:
                start = 0 if position == 0 and line.startswith(fragment.text) else -1
            else:
                start = line.find(fragment.text, position)
            if start < 0:
                return
            position = start + len(fragment.text)
            self._found += 1

    def missing(self) -> str:
        fragment = self._pattern[self._found]
        where = "a line that begins with" if fragment.begins_line else "a line with"
        part = f"part {self._found + 1} of {len(self._pattern)} of the pattern"
        return f"the log lacks {where} '{fragment.text}' ({part})"


class _Malformed(Exception):
    """One criterion is no criterion."""


def _criterion(node: Node) -> Criterion:
    outcome = Outcome.OK if node.type == "succeed" else Outcome.FAILED
    attributes = node.attributes
    unknown = next((name for name in attributes if name not in ("after_seconds", "exit")), None)
    if unknown is not None:
        raise _Malformed(f"{node.place}: '{node.type}' has no attribute '{unknown}', only 'after_seconds' and 'exit'")
    if "after_seconds" in attributes:
        if "exit" in attributes:
            raise _Malformed(f"{node.place}: '{node.type}' has both 'after_seconds' and 'exit': "
                             "split it into two nodes")
        return Criterion(outcome, seconds=_seconds(node))
    pattern = fragments(node.text) if node.text.strip() else None
    if "exit" not in attributes and pattern is None:
        raise _Malformed(f"{node.place}: '{node.type}' lacks 'after_seconds', 'exit' and a text: it says nothing")
    return Criterion(outcome, exit=_exit_value(node), pattern=pattern)


def _seconds(node: Node) -> float:
    text = node.attributes["after_seconds"]
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds <= 1e6:
        raise _Malformed(f"{node.place}: after_seconds: '{text}' is no number of seconds between 0 and 1000000")
    return seconds


def _exit_value(node: Node) -> int | None:
    text = node.attributes.get("exit")
    try:
        return None if text is None else int(text)
    except ValueError:
        raise _Malformed(f"{node.place}: exit: '{text}' is no integer") from None


def _timed_problem(nodes: list[Node]) -> str:
    timed = [node for node in nodes if "after_seconds" in node.attributes]
    if not nodes or len(timed) == 1:
        return ""
    if not timed:
        return (f"{nodes[0].place}: no criterion has a time limit, so that the scenario might never end: "
                "add 'fail | after_seconds: 20'")
    return (f"{timed[1].place}: '{timed[1].type}' is the second criterion with 'after_seconds' (the first is at "
            f"{timed[0].place}): exactly one can be the time limit")
