"""Testbeds on the in-process kernel: components are threads of the test, one at a time, under a virtual clock.

Knows how components are found without being packed: a ROM module that is a component holds a reference to its folder,
or to a function of the test.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module, invalidate_caches
from pathlib import Path
from typing import cast

from bastide.base import Capability, Construct, Duration, Session, startup
from bastide.base.binary import FORMAT
from bastide.base.session import S
from bastide.kernel import inprocess
from bastide.kernel.inprocess.scheduler import Deadlock
from bastide.kernel.interface import Start
from bastide.testing.inject import Program
from bastide.testing.testbed import NotHappened, Testbed
from bastide.testing.visit import Visit
from bastide.tool.boot import boot, load
from bastide.tool.checkout import PACKAGE
from bastide.tool.scenario import Scenario


class InprocessTestbed(Testbed):
    def __init__(self, scenario: Scenario, programs: Mapping[str, Program], ram: int | None, caps: int | None) -> None:
        super().__init__(scenario)
        self._programs = dict(programs)
        content = load(scenario, self._reference, self._injected())
        self._machine = inprocess.Machine(self._enter)
        self._system = boot(self._machine, scenario, content, self._show, self._exited, self._reported,
                            ram=ram, caps=caps)
        self._machine.spawn_core(self._system.run)

    @property
    def trouble(self) -> list[str]:
        return [*self._machine.failures, *(f"{type(error).__name__}: {error}" for error in self._system.office.trouble)]

    def settle(self) -> None:
        self._machine.settle()

    def advance(self, time: Duration) -> None:
        self._machine.advance(time)

    def close(self) -> None:
        self._machine.close()

    def _go_on(self, until: Callable[[], bool], what: str, within: Duration) -> None:
        try:
            self._machine.run_until(until, within)
        except Deadlock as error:
            raise NotHappened(self._explained(f"{what}: nothing can happen any more ({error})")) from None
        except TimeoutError:
            raise NotHappened(self._explained(f"{what}: {within} of virtual time passed")) from None

    def in_core(self, action: Callable[[], None]) -> None:
        action()                                # while nobody runs, and this thread is in core's domain

    def callable(self, kind: type[S], cap: Capability[Session], visit: Visit) -> S:
        session = kind.stub(cap)
        session._opened = visit
        return session

    def wake(self) -> None:
        """The machine looks by itself whenever all are blocked."""

    def _injected(self) -> dict[str, bytes]:
        return {name: f"{FORMAT} injected {name}\n".encode() for name in self._programs}

    def _reference(self, folder: Path, package: str) -> bytes:
        return f"{FORMAT} folder {package} {folder}\n".encode()

    def _enter(self, start: Start) -> int:
        reference = bytes(start.binary).partition(b"\n")[0].decode()
        kind, _, rest = reference.removeprefix(f"{FORMAT} ").partition(" ")
        if kind == "injected":
            return startup.run(start, lambda: _construct(self._programs[rest], rest))
        package, _, folder = rest.partition(" ")
        return startup.run(start, lambda: _load(package, Path(folder)))


def _construct(program: Program, name: str) -> Construct:
    if isinstance(program, Path):
        return _load("components", program)
    if isinstance(program, str):
        module: dict[str, object] = {"__name__": name}
        exec(compile(program, f"{name}/main.py", "exec"), module)
        return cast(Construct, module["construct"])
    return program


def _load(package: str, folder: Path) -> Construct:
    """The `construct` of a component in a folder, imported afresh if another folder's modules are in the way."""
    name = f"{package}.{folder.name}.main"
    if not folder.is_relative_to(PACKAGE):
        place = str(folder.parents[len(package.split("."))])
        if sys.path[:1] != [place]:
            sys.path[:] = [place, *(path for path in sys.path if path != place)]
        stale = [known for known, module in sys.modules.items() if known.partition(".")[0] == package.partition(".")[0]
                 and not str(getattr(module, "__file__", None) or place).startswith(place)]
        for known in stale:
            del sys.modules[known]
        invalidate_caches()
    return cast(Construct, import_module(name).construct)
