"""Testbeds on Linux: components are sandboxed processes, core is served by the thread of the test while it waits."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self, cast

from bastide.base import Capability, Duration, Session
from bastide.base.session import S
from bastide.kernel.linux.layers import Isolation
from bastide.kernel.linux.machine import LinuxMachine
from bastide.kernel.linux.spawner import Zygote
from bastide.testing.inject import Program, source_of
from bastide.testing.testbed import NotHappened, Testbed
from bastide.testing.visit import Visit
from bastide.tool.boot import ENTRY, boot, load, start_zygote
from bastide.tool.modules import Modules
from bastide.tool.pack import pack
from bastide.tool.scenario import Scenario


class Nursery:
    """The process that components are forked from: it takes a sixth of a second to start, so that tests share one."""

    def __init__(self) -> None:
        self._zygote: Zygote | None = None

    @property
    def zygote(self) -> Zygote:
        if self._zygote is None:
            hear, say = os.pipe()
            threading.Thread(target=_listen, args=(hear,), name="complaints", daemon=True).start()
            try:
                self._zygote = start_zygote(Isolation(), say)
            finally:
                os.close(say)
        return self._zygote

    def close(self) -> None:
        if self._zygote is not None:
            self._zygote.close()
            self._zygote = None


class LinuxTestbed(Testbed):
    def __init__(self, scenario: Scenario, programs: Mapping[str, Program], ram: int | None, caps: int | None,
                 nursery: Nursery) -> None:
        super().__init__(scenario)
        beside = Modules.of(scenario.path).folders("components")
        content = load(scenario, instead={name: _packed(name, program, beside) for name, program in programs.items()})
        self._machine = LinuxMachine(ENTRY, nursery.zygote)
        self._system = boot(self._machine, scenario, content, self._show, self._exited, self._reported,
                            ram=ram, caps=caps)

    @property
    def trouble(self) -> list[str]:
        return [f"{type(error).__name__}: {error}" for error in self._system.office.trouble]

    def settle(self) -> None:
        raise NotHappened("nobody knows when processes have nothing to do: on Linux, wait for a line or a condition")

    def advance(self, time: Duration) -> None:
        self._serve(lambda: False, time)

    def close(self) -> None:
        self._system.close()
        self._machine.__exit__(None, None, None)

    def _go_on(self, until: Callable[[], bool], what: str, within: Duration) -> None:
        if not self._serve(until, within):
            raise NotHappened(self._explained(f"{what}: {within} passed"))

    def _serve(self, until: Callable[[], bool], within: Duration) -> bool:
        """Serve until the condition holds or the time is over; whether it holds."""
        ep, over = self._system.office.ep, list[bool]()

        def expire() -> None:
            over.append(True)
            ep.stop()

        ep.gate.alarm(self._machine.kernel.now() + within, expire)
        try:
            while not (holds := until()) and not over:
                ep.run()
        finally:
            ep.gate.alarm(None, expire)
        return holds

    def in_core(self, action: Callable[[], None]) -> None:
        action()                                # this thread is core's

    def callable(self, kind: type[S], cap: Capability[Session], visit: Visit) -> S:
        session = kind.stub(cap)
        session._opened = visit
        self._machine.kernel.get_ready(cap.handle)
        return cast(S, _Caller(self, session))

    def call(self, function: Callable[[], Any]) -> Any:
        """Call a component from another thread, while this one serves what the callee asks of core."""
        results: list[Any] = []
        failures: list[BaseException] = []

        def work() -> None:
            try:
                results.append(function())
            except BaseException as error:
                failures.append(error)
            self._machine.gate.post(self._system.office.ep.stop)

        threading.Thread(target=work, name="call", daemon=True).start()
        self.serve_until(lambda: bool(results or failures), "the return of a call")
        if failures:
            raise failures[0]
        return results[0]

    def wake(self) -> None:
        self._system.office.ep.stop()


def _packed(name: str, program: Program, beside: list[Path]) -> bytes:
    if isinstance(program, Path):
        return pack(program, "components", beside=beside)
    with TemporaryDirectory(prefix="bastide-") as place:
        folder = Path(place) / "components" / name.replace("-", "_")
        folder.mkdir(parents=True)
        (folder / "main.py").write_text(program if isinstance(program, str) else source_of(program))
        return pack(folder, "components", beside=beside)


def _listen(descriptor: int) -> None:
    with os.fdopen(descriptor, "rb") as lines:
        while line := lines.readline(4096):
            sys.stderr.write(line.decode(errors="replace"))


class _Caller:
    """A session whose functions are called by the testbed."""

    def __init__(self, testbed: LinuxTestbed, session: Session) -> None:
        self._testbed, self._session = testbed, session

    def __getattr__(self, name: str) -> Any:
        function = getattr(self._session, name)
        if name in ("close", "upgrade"):
            return function                     # goes through the parents
        return lambda *args, **named: self._testbed.call(lambda: function(*args, **named))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self._session.close()
