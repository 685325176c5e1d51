"""A run as one object: look at it, read its log, change its config, end a component. From any thread of its process.

Core's thread is the only one that touches the system. What is asked here is posted to it, and the answer is waited
for, so that a run is never looked at in the middle of a change. Everything that takes longer than reading a few numbers
happens in the thread of whoever asks. Without anybody who asks, a run has nothing of this but the newest lines of its
log.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from bastide.base.errors import BastideError, InvalidNode
from bastide.base.label import SEPARATOR
from bastide.base.node import Node
from bastide.tool.boot import outside, prefix_of
from bastide.tool.configuration import SESSIONS
from bastide.tool.graph.model import System
from bastide.tool.live.about import About
from bastide.tool.live.labels import meant
from bastide.tool.live.proposal import proposed
from bastide.tool.live.snapshot import assemble, look
from bastide.tool.reports import LARGEST

if TYPE_CHECKING:
    from bastide.tool.execution import Run

T = TypeVar("T")

PATIENCE = 5.0
"""Seconds within which core has to answer."""

FRESH = 0.1
"""Seconds for which a snapshot serves everybody: whoever asks more often gets the same again."""

FIRST_REPORT = 1.0
"""Seconds that the first snapshot waits for init's first report. Without it, sessions are missing in it."""

STATE_OF_ONE = 1 << 10
"""Bytes of a state report for each component."""

STATE = SEPARATOR + "state"


class LiveError(BastideError):
    """The run can't do that; the text says why, and what would help."""


class Live:
    """One run. `post` runs a function in core's entrypoint, soon."""

    def __init__(self, run: Run, post: Callable[[Callable[[], object]], None]) -> None:
        self.backlog = run.backlog
        self._run, self._post = run, post
        self._ending = threading.Lock()
        self._ended = False
        self._asked: set[SimpleQueue[Any]] = set()
        self._looking = threading.Lock()
        self._newest: tuple[float, System] | None = None
        self._parsed: dict[str, tuple[bytes, Node | None]] = {}

    def about(self) -> About:
        run = self._run
        seen = self._in_core(lambda: look(run.system))
        return About(os.getpid(), run.scenario.name, str(run.scenario.path.absolute()), run.began, len(seen.domains),
                     sum(domain.ram.used or 0 for domain in seen.domains))

    def snapshot(self) -> System:
        """The system as it is now, or was a tenth of a second ago. Raises LiveError."""
        with self._looking:
            if self._newest is None or time.monotonic() - self._newest[0] > FRESH:
                self._have_states_reported()
                self._newest = time.monotonic(), self._assembled()
            return self._newest[1]

    def config(self) -> str:
        """The config of the scenario's top component, as it was written or applied last. Raises LiveError."""
        return str(self._in_core(self._config))

    def apply(self, text: str, origin: str = "config", force: bool = False) -> None:
        """Give the scenario's top component another config: HID or XML, or a whole scenario that has it.

        `origin` is how messages call the text. What is wrong with it is told before anything changes; `force` applies
        it nevertheless, if it can be read at all. Raises ConfigRefused, InvalidNode, LiveError.
        """
        present = replace(self._run.scenario, config=self._in_core(self._config))
        config = proposed(text, origin, present, force)

        def take_over() -> None:
            run = self._run
            run.configuration.config = config
            run.configure()
            run.note(f"another config is applied: {origin}")
            self._newest = None

        self._in_core(take_over)

    def kill(self, label: str) -> str:
        """End a component as a fault would, and leave the rest to its parent. Its whole label. Raises LiveError."""
        def end() -> str:
            run = self._run
            found = meant(label, {str(pd.label) for pd in run.system.domains})
            run.note(f"'{found}' is killed")
            self._newest = None
            for pd in run.system.domains:
                if str(pd.label) == found:
                    pd.domain.kill()
            return found

        return self._in_core(end)

    def close(self) -> None:
        """Core answers no more, and will not be asked."""
        with self._ending:
            self._ended = True
            for waiting in self._asked:
                waiting.put(self._refuse)

    def _refuse(self) -> NoReturn:
        raise LiveError(f"the run of '{self._run.scenario.name}' has ended")

    def _in_core(self, function: Callable[[], T]) -> T:
        answers: SimpleQueue[Callable[[], T]] = SimpleQueue()

        def work() -> None:
            try:
                result = function()
            except BaseException as error:
                failure = error             # whose name ends with the clause
                answers.put(lambda: _raised(failure))
            else:
                answers.put(lambda: result)

        with self._ending:
            if self._ended:
                self._refuse()
            self._asked.add(answers)
            self._post(work)
        try:
            return answers.get(timeout=PATIENCE)()
        except Empty:
            raise LiveError(f"the run of '{self._run.scenario.name}' did not answer within {PATIENCE:g} s: "
                            "core is busy, or stopped") from None
        finally:
            with self._ending:
                self._asked.discard(answers)

    def _config(self) -> Node:
        run = self._run
        if run.configuration.config is None:
            raise LiveError(f"the scenario '{run.scenario.name}' has no node 'config', so there is none to be changed")
        return run.configuration.config

    # snapshots

    def _assembled(self) -> System:
        run = self._run
        seen, config, reports = self._in_core(
            lambda: (look(run.system), run.configuration.top, dict(run.reports)))
        binary = "init" if outside(run.scenario) else run.scenario.binary
        self._parsed = {label: known for label, known in self._parsed.items() if label in reports}
        return assemble(run.scenario.name, seen, binary, config, lambda label: self._report(label + STATE, reports))

    def _report(self, label: str, reports: Mapping[str, bytes]) -> Node | None:
        content = reports.get(label)
        if content is None:
            return None
        known = self._parsed.get(label)
        if known is None or known[0] is not content:
            node = None
            with suppress(InvalidNode):
                node = Node.parse(content.partition(b"\0")[0], label)
            known = self._parsed[label] = content, node
        return known[1] if known[1] is not None and known[1].type == "state" else None

    def _have_states_reported(self) -> None:
        """From the first look on, init has to say more than it would by itself."""
        run = self._run

        def ask() -> bool:
            room = min(LARGEST, len(run.system.domains) * STATE_OF_ONE)
            if not run.configuration.report_state(SESSIONS, room=room, surroundings=True):
                return False
            before.update(run.reports)
            run.configure()
            return True

        before: dict[str, bytes] = {}
        if self._in_core(ask):
            deadline = time.monotonic() + FIRST_REPORT
            while any(run.reports.get(label) is before.get(label) for label in self._expected) \
                    and run.told.wait(max(0.0, deadline - time.monotonic())):
                run.told.clear()

    @property
    def _expected(self) -> set[str]:
        """The labels of what inits are asked to report."""
        return {self._run.system.name + STATE, prefix_of(self._run.scenario) + STATE}


def _raised(error: BaseException) -> NoReturn:
    raise error
