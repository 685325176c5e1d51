"""A booted scenario, as a test sees it: what was logged, what can be done to it, and how to wait for something.

Owns what the kernel ports have in common. The thread of the test is the one that lets the system go on: while a method
waits, and at no other time (on Linux, components run by themselves, but wait for core).
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

from bastide.base import Duration, Node, seconds
from bastide.base.label import SEPARATOR
from bastide.core.main import System
from bastide.tool.log import lines_of, prefixed

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

    def __init__(self, prefix: str) -> None:
        self.log: list[Line] = []
        """All lines so far."""
        self.exit_value: int | None = None
        """Of the top component, once it has exited."""
        self._prefix = prefix
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

    def wait_for_exit(self, within: Duration = PATIENCE) -> int:
        """Let the system run until its top component exits; the exit value. Raises NotHappened."""
        self.wait(lambda: self.exit_value is not None, "the exit of the top component", within)
        assert self.exit_value is not None
        return self.exit_value

    def wait(self, condition: Callable[[], object], what: str = "the condition", within: Duration = PATIENCE) -> None:
        """Let the system run until a condition holds, which is looked at after each line. Raises NotHappened."""
        if condition():
            return
        if self.exit_value is not None:
            raise NotHappened(self._explained(f"{what}: the system has ended, with exit value {self.exit_value}"))
        self._go_on(lambda: bool(condition()) or self.exit_value is not None, what, within)
        if not condition():
            raise NotHappened(self._explained(f"{what}: the system has ended, with exit value {self.exit_value}"))

    def configure(self, config: str | Node) -> None:
        """Give the scenario's top component another config, a node or its text, while the system runs."""
        self.change_module("config", str(Node.parse(config, "config") if isinstance(config, str) else config).encode())

    def change_module(self, name: str, content: bytes) -> None:
        """Give a ROM module of the scenario another content: its readers are told."""
        self._in_core(lambda: self._system.change_module(name, content))

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

    @abstractmethod
    def _in_core(self, action: Callable[[], None]) -> None:
        """Do something where core serves."""

    def _show(self, label: str, text: str) -> None:
        """Core's log. What does not come from below the scenario's top component is no line of it."""
        if label == self._prefix:
            scope = ""
        elif label.startswith(self._prefix + SEPARATOR):
            scope = label[len(self._prefix + SEPARATOR):]
        else:
            return
        self.log.extend(Line(scope, line) for line in lines_of(text))
        self._happened()

    def _exited(self, value: int) -> None:
        if self.exit_value is None:
            self.exit_value = value
        self._happened()

    @abstractmethod
    def _happened(self) -> None:
        """Told of something that a test may wait for."""

    def _explained(self, trouble: str) -> str:
        lines = [f"    {line}" for line in self.log[-_SHOWN:]]
        omitted = f"    ... {len(self.log) - _SHOWN} lines before\n" if len(self.log) > _SHOWN else ""
        return f"waited for {trouble}; the log:\n{omitted}" + ("\n".join(lines) or "    (empty)")
