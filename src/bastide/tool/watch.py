"""Runs that take over what is edited meanwhile: `bastide run --watch`.

A thread looks at the files, and wakes core's thread when one was saved. What follows from an edit is decided by
`edits.py`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from bastide.kernel.linux.machine import LinuxMachine
from bastide.tool.boot import as_core_has_them, prefix_of
from bastide.tool.criteria import Judge
from bastide.tool.edits import Edits, fingerprint
from bastide.tool.execution import Run

INTERVAL = 0.2
"""Seconds between two looks at the files."""


class WatchedRun(Run):
    def begun(self, machine: LinuxMachine) -> None:
        self._edits = Edits(self.scenario, self.modules)
        self._look = Look(self.scenario.path, lambda: machine.gate.post(self._take_over))
        self.note(f"watching {self.scenario.path} and its components; Ctrl-C ends")

    def ending(self) -> None:
        if hasattr(self, "_look"):
            self._look.close()

    def _take_over(self) -> None:
        """In core's entrypoint."""
        change = self._edits.look()
        for note in change.notes:
            self.note(note)
        self.modules.update(change.modules)
        for name, content in as_core_has_them(self.scenario, change.modules).items():
            self.system.change_module(name, content)
        if change.config is not None:
            self.configuration.config = change.config
        if change.generations:
            self.configuration.renew(change.generations)
        if change.generations or change.config is not None:
            self.configure()
        if change.modules or change.config is not None:
            self.judge = Judge(self.scenario.criteria, prefix_of(self.scenario))


class Look:
    """A thread that compares the times of files, and calls `saved` whenever one has another."""

    def __init__(self, scenario: Path, saved: Callable[[], None]) -> None:
        self._scenario, self._saved = scenario, saved
        self._known = fingerprint(scenario)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._go_on, name="edits", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._ended.set()
        self._thread.join()

    def _go_on(self) -> None:
        while not self._ended.wait(INTERVAL):
            now = fingerprint(self._scenario)
            if now != self._known:
                self._known = now
                self._saved()
