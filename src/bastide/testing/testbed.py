"""A booted scenario, as a test sees it: what was logged, what can be done to it, and how to wait for something.

Owns what the kernel ports have in common. The thread of the test is the one that lets the system go on: while a method
waits, and at no other time (on Linux, components run by themselves, but wait for core).
"""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from bastide.base import (
    Account,
    Capability,
    Duration,
    InvalidNode,
    Node,
    Session,
    seconds,
)
from bastide.base.label import SEPARATOR
from bastide.base.session import S
from bastide.core.clients import Clients
from bastide.core.main import System
from bastide.testing.visit import Door, Visit, passed_through, with_doors
from bastide.tool.boot import outside, prefix_of, top_config
from bastide.tool.criteria import Judge, Verdict
from bastide.tool.log import lines_of, prefixed
from bastide.tool.scenario import Scenario

PATIENCE = seconds(10)
"""How long a test waits if it doesn't say: on the in-process port in virtual time, which costs none."""

_SHOWN = 60


class NotHappened(AssertionError):
    """What a test waits for did not happen, or can't happen any more; shows the end of the log."""


@dataclass(frozen=True)
class Line:
    """One line of the log; `label` counts from the scenario's top component, which is '' itself."""

    label: str
    text: str

    def __str__(self) -> str:
        return prefixed(self.label, self.text)


class Testbed(ABC):
    """A system under test. Ports differ in how it goes on: `_go_on`."""

    __test__ = False                            # no class of tests, whatever its name

    def __init__(self, scenario: Scenario) -> None:
        self.log: list[Line] = []
        """All lines so far."""
        self.exit_value: int | None = None
        """Of the top component, once it has exited."""
        self.reports: dict[str, Node] = {}
        """The newest report of each label that came out of the system, as 'state'; invalid ones are left out."""
        self.verdict: Verdict | None = None
        """Of the scenario's own criteria, `succeed` and `fail`; None as long as they decide nothing."""
        self._prefix = prefix_of(scenario)
        self._scenario = scenario
        self._doors: dict[tuple[str, str], str] = {}
        self._judge = Judge(scenario.criteria, self._prefix)
        self._condition: Callable[[], object] | None = None
        self._deadline = scenario.criteria.deadline
        self._system: System

    def lines(self, label: str = "") -> list[str]:
        """What one component logged, `label` counting from the top component: 'hello_client', '' is the top itself."""
        return [line.text for line in self.log if line.label == label]

    def wait_for_line(self, pattern: str, within: Duration = PATIENCE) -> str:
        """Let the system run until a line `[label] text` fits the pattern; it may have been logged before.

        The pattern is a whole line as it is in the log without the scenario's own label; `*` stands for any text. The
        line that fits is the result. Raises NotHappened.
        """
        fitting = re.compile(".*".join(map(re.escape, pattern.split("*"))), re.DOTALL)
        seen = 0
        found: list[str] = []

        def look() -> bool:
            nonlocal seen
            found.extend(text for text in map(str, self.log[seen:]) if fitting.fullmatch(text))
            seen = len(self.log)
            return bool(found)

        self.wait(look, f"a line '{pattern}'", within)
        return found[0]

    def wait_for_report(self, label: str, fits: Callable[[Node], object] = lambda report: True,
                        within: Duration = PATIENCE) -> Node:
        """Let the system run until the newest report of a label fits; that report. Raises NotHappened.

        A scenario hands out reports if it `requires` the service `report` and routes its sessions to the parent.
        """
        found: list[Node] = []

        def look() -> bool:
            if label in self.reports and fits(self.reports[label]):
                found.append(self.reports[label])
            return bool(found)

        self.wait(look, f"a report '{label}' that fits", within)
        return found[0]

    def wait_for_exit(self, within: Duration = PATIENCE) -> int:
        """Let the system run until its top component exits; the exit value. Raises NotHappened."""
        self.wait(lambda: self.exit_value is not None, "the exit of the top component", within)
        assert self.exit_value is not None
        return self.exit_value

    def wait_for_verdict(self) -> Verdict:
        """Let the system run until the scenario's criteria decide. Raises NotHappened if it has none."""
        within = PATIENCE if self._deadline is None else seconds(math.ceil(self._deadline))
        try:
            self.wait(lambda: self.verdict, "the verdict of the scenario", within)
        except NotHappened:
            self.verdict = self._judge.log_ended() if self.exit_value is not None else self._judge.deadline()
            if self.verdict is None:
                raise
        assert self.verdict is not None
        return self.verdict

    def wait(self, condition: Callable[[], object], what: str = "the condition", within: Duration = PATIENCE) -> None:
        """Let the system run until a condition holds, be it for a moment. Raises NotHappened.

        It is looked at after each line, each report, and the exit.
        """
        self._condition = condition
        self._look()
        try:
            if self._condition is not None and self.exit_value is None:
                self._go_on(lambda: self._condition is None or self.exit_value is not None, what, within)
            held = self._condition is None
        finally:
            self._condition = None
        if not held:
            raise NotHappened(self._explained(f"{what}: the system has ended, with exit value {self.exit_value}"))

    def door(self, server: str) -> Door:
        """Where the test itself can ask a server for sessions: `HelloSession.connect(system.door("hello_server"))`.

        The server is a child of the scenario's top init, which is told by its config to let the test in; it sees the
        label that is given to `connect`. The functions of a session are calls, `close` ends it.
        """
        return Door(self, server)

    def admit(self, service: str, label: str, server: str) -> None:
        self._doors[service, label] = server
        self._publish()

    def configure(self, config: str | Node) -> None:
        """Give the scenario's top component another config, a node or its text, while the system runs."""
        node = Node.parse(config, "config") if isinstance(config, str) else config
        self._scenario = replace(self._scenario, config=node)
        self._publish()

    def _publish(self) -> None:
        scenario = self._scenario
        assert scenario.config is not None
        config = top_config(replace(scenario, config=with_doors(scenario.config, self._doors)))
        assert config is not None
        if outside(scenario):
            config = passed_through(config, self._doors, scenario.name)
        content, taken = str(config).encode(), list[bool]()

        def note() -> None:
            taken.append(True)
            self.wake()

        self.in_core(lambda: self._system.change_module("config", content, note))
        self.serve_until(lambda: bool(taken), "the top component to take another config")

    def change_module(self, name: str, content: bytes) -> None:
        """Give a ROM module of the scenario another content: its readers are told."""
        self.in_core(lambda: self._system.change_module(name, content))

    @property
    @abstractmethod
    def trouble(self) -> list[str]:
        """What went wrong outside of components, where nobody logs it: in core, or below."""

    @abstractmethod
    def settle(self) -> None:
        """Let the system run until nothing is to be done. Raises NotHappened on Linux, where nobody knows that."""

    @abstractmethod
    def advance(self, time: Duration) -> None:
        """Let time pass. On Linux that takes its time."""

    @abstractmethod
    def close(self) -> None:
        """End all components."""

    @abstractmethod
    def _go_on(self, until: Callable[[], bool], what: str, within: Duration) -> None:
        """Let the system run until the condition holds. Raises NotHappened."""

    @property
    def clients(self) -> Clients:
        return self._system.clients

    @property
    def account(self) -> Account:
        return self._system.office.account

    def serve_until(self, condition: Callable[[], bool], what: str) -> None:
        self._go_on(condition, what, PATIENCE)

    @abstractmethod
    def callable(self, kind: type[S], cap: Capability[Session], visit: Visit) -> S:
        """The session as the thread of the test can call it."""

    @abstractmethod
    def in_core(self, action: Callable[[], None]) -> None:
        """Do something where core serves: nobody else runs meanwhile."""

    def _show(self, label: str, text: str) -> None:
        """Core's log. What does not come from below the scenario's top component is no line of it."""
        if label == self._prefix:
            scope = ""
        elif label.startswith(self._prefix + SEPARATOR):
            scope = label[len(self._prefix + SEPARATOR):]
        else:
            return
        self.log.extend(Line(scope, line) for line in lines_of(text))
        self.verdict = self._judge.line(label, text)
        self._happened()

    def _reported(self, label: str, content: bytes) -> None:
        below = self._prefix + SEPARATOR
        with suppress(InvalidNode):
            self.reports[label.removeprefix(below)] = Node.parse(content.partition(b"\0")[0], label)
        self._happened()

    def _exited(self, value: int) -> None:
        if self.exit_value is None:
            self.exit_value = value
            self.verdict = self._judge.exited(value)
        self._happened()

    def _look(self) -> None:
        """Forget the condition that is waited for as soon as it holds."""
        if self._condition is not None and self._condition():
            self._condition = None

    def _happened(self) -> None:
        self._look()
        self.wake()

    @abstractmethod
    def wake(self) -> None:
        """Told after something that a test may wait for."""

    def _explained(self, trouble: str) -> str:
        lines = [f"    {line}" for line in self.log[-_SHOWN:]]
        omitted = f"    ... {len(self.log) - _SHOWN} lines before\n" if len(self.log) > _SHOWN else ""
        return f"waited for {trouble}; the log:\n{omitted}" + ("\n".join(lines) or "    (empty)")
