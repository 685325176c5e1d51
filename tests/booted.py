"""Systems for tests: the real core on any kernel, with a few test components as its children.

A test component is a folder `components/NAME` with a `main.py`. What it logs and how it ends is kept in a `Child`. Its
name decides which part it plays, so that one folder can hold several. Core serves two things beside its own services:
a `Board`, where components pin capabilities for one another, and ROM modules that a test can change.

Nothing here waits by the clock: `wait` runs core until a condition holds, and fails with all that was logged if that
takes longer than the machine's patience.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

from components.contracts import BoardSession

from bastide.base import Capability, DataspaceCap, Interface, SessionRequest, SignalCap, Transmitter
from bastide.base.environment import (
    CpuSession,
    EnvSession,
    LogSession,
    PdSession,
    RmSession,
    RomSession,
    ThreadState,
)
from bastide.base.root import AnyRoot, Root
from bastide.base.session import ANYWHERE
from bastide.base.value import Bytes
from bastide.core.cpu import Cpu
from bastide.core.domain import CoreDataspace, Office
from bastide.core.ledger import LedgerAccount
from bastide.core.log import Output
from bastide.core.parent import Core
from bastide.core.pd import Pd
from bastide.core.platform import Machine
from bastide.core.rm import Rm
from bastide.core.rom import Library, Module

PATIENCE = 30_000_000
"""Microseconds of the machine's time."""


class Child:
    """A component that was started, what it and its own children logged, and how it ended."""

    def __init__(self, system: Booted, name: str) -> None:
        self.name = name
        self.lines: list[str] = []
        self.exit_value: int | None = None
        self.ended: ThreadState | None = None
        self.account: LedgerAccount
        self.parent: Core
        self.pd: Pd
        self.sessions: list[tuple[AnyRoot, int]] = []
        self._system = system

    def saw(self, line: str) -> bool:
        return line in self.lines

    def destroy(self) -> None:
        """What a parent does that has enough of it."""
        self.parent.close_all()
        for root, id in reversed(self.sessions):
            root.close(id)
        self.sessions.clear()
        self._system.office.ep.dissolve(self.parent)


class Booted:
    """Core without init: the test itself starts core's children."""

    def __init__(self, machine: Machine, content: Callable[[str], bytes | None]) -> None:
        self.machine = machine
        self.office = Office(machine)
        self.treasury = LedgerAccount("core")
        self.treasury.ram.limit, self.treasury.caps.limit = 256 << 20, 20_000
        self.board: dict[str, Capability[Interface]] = {}
        self.roms: dict[str, ChangingRom] = {}
        self.children: list[Child] = []
        self.heard: list[tuple[str, str]] = []
        """Labels and lines, as core's LOG service handed them out."""
        self.library = Library(self.office, content)
        self._roots: dict[str, AnyRoot] = {}
        self._numbers = count(1 << 40)                  # beyond all that the parents of children count to
        PdSession.announce(self, lambda request: Pd(self.office, request))
        CpuSession.announce(self, lambda request: Cpu(self.office, request))
        RomSession.announce(self, self._open_rom)
        LogSession.announce(self, Output(self._show, machine.kernel.now).open)
        RmSession.announce(self, lambda request: Rm(self.office, request))
        BoardSession.announce(self, lambda request: Board(self))

    def provide(self, root: Root[Any]) -> None:
        root.attach(self.office.ep)
        self._roots[root.service] = root

    @property
    def domains(self) -> tuple[Pd, ...]:
        """All protection domains that exist."""
        return self._roots["PD"].sessions

    def start(self, component: str, name: str = "", *, ram: str = "16M", caps: int = 500) -> Child:
        """Start the component of that folder, under a name that is its own folder's unless it says otherwise."""
        child = Child(self, name or component)
        self.children.append(child)
        pd, cpu, log, rom = [self._open(child, kind, label) for kind, label in (
            (PdSession, child.name), (CpuSession, child.name), (LogSession, child.name), (RomSession, component))]
        ep = self.office.ep
        own, processor, module = ep.object_of(pd, Pd), ep.object_of(cpu, Cpu), ep.object_of(rom, Module)
        assert own and processor and module
        child.pd, child.account = own, own.account
        child.account.refer_to(self.treasury)
        self.treasury.transfer(child.account, Bytes(ram), caps)

        def exited(value: int) -> None:
            child.exit_value = value
            self._happened()

        def ended(state: ThreadState) -> None:
            child.ended = state
            self._happened()

        child.parent = Core(child.name, self._roots, self.treasury, child.account, None, exited)
        child.parent._numbers = self._numbers       # the roots of this core have several children
        for id, cap in ((EnvSession.PD, pd), (EnvSession.CPU, cpu), (EnvSession.LOG, log), (EnvSession.BINARY, rom)):
            child.parent.keep(id, cap)
        ep.manage(child.parent, self.office.account)
        content = module.dataspace()
        assert content is not None
        processor.watch(processor.start(pd, child.name, content, child.parent.cap, ANYWHERE), ended)
        return child

    def run(self, component: str, name: str = "", *, ram: str = "16M", caps: int = 500) -> Child:
        """Start a component and serve until it exits."""
        child = self.start(component, name, ram=ram, caps=caps)
        self.wait(lambda: child.exit_value is not None or child.ended is not None)
        return child

    def wait(self, condition: Callable[[], object]) -> None:
        """Serve until the condition holds."""
        ep, late = self.office.ep, list[bool]()

        def expire() -> None:
            late.append(True)
            ep.stop()

        ep.gate.alarm(self.machine.kernel.now() + PATIENCE, expire)
        while not condition():
            ep.run()
            assert not late, "what the test waits for did not happen; logged was:\n" + "\n".join(
                f"[{child.name}] {line}" for child in self.children for line in child.lines)
        ep.gate.alarm(None, expire)

    def breathe(self) -> None:
        """Serve what is waiting already."""
        self.office.ep.gate.alarm(self.machine.kernel.now(), self.office.ep.stop)
        self.office.ep.run()

    def close(self) -> None:
        """Destroy all components. Core's books must be as they were."""
        for child in self.children:
            if child.sessions:
                child.destroy()
        self.breathe()
        treasury = self.treasury
        assert (treasury.ram.limit, treasury.ram.used) == (256 << 20, 0)
        assert (treasury.caps.limit, treasury.caps.used) == (20_000, 0)
        assert list(self.office.trouble) == []

    def _open(self, child: Child, kind: type[Any], label: str) -> Capability[Any]:
        root, number = self._roots[kind.service], next(self._numbers)
        cap = root.session(number, {"label": label, "ram_quota": kind.ram_quota, "cap_quota": str(kind.cap_quota)})
        child.sessions.append((root, number))
        return cap

    def _open_rom(self, request: SessionRequest) -> RomSession:
        rom = self.roms.get(request.label.last_element)
        return rom.open() if rom else self.library.open(request)

    def _show(self, label: str, text: str) -> None:
        self.heard.append((label, text))
        name, _, descendant = label.partition(" -> ")
        child = next(child for child in reversed(self.children) if child.name == name)
        child.lines.append(f"[{descendant}] {text}" if descendant else text)
        self._happened()

    def _happened(self) -> None:
        self.office.ep.stop()


class Board(BoardSession):
    def __init__(self, system: Booted) -> None:
        self._system = system

    def put(self, name: str, cap: Capability[Interface]) -> None:
        self._system.board[name] = cap

    def take(self, name: str) -> Capability[Interface] | None:
        return self._system.board.get(name)


class ChangingRom:
    """A ROM module of core that a test changes."""

    def __init__(self, system: Booted, name: str, content: bytes | None) -> None:
        self._system, self.content = system, content
        self._open: list[_ChangingModule] = []
        system.roms[name] = self

    def open(self) -> RomSession:
        self._open.append(_ChangingModule(self._system, self))
        return self._open[-1]

    def take_back(self) -> None:
        """Free what was handed out."""
        for session in self._open:
            session._forget()

    def forget(self, session: _ChangingModule) -> None:
        self._open.remove(session)

    def change(self, content: bytes | None) -> None:
        self.content = content
        for session in self._open:
            session.changed.submit()


class _ChangingModule(RomSession):
    def __init__(self, system: Booted, rom: ChangingRom) -> None:
        self._system, self._rom = system, rom
        self.changed = Transmitter()
        self._handed_out: CoreDataspace | None = None
        self._read: bytes | None = None

    def dataspace(self) -> DataspaceCap | None:
        content = self._read = self._rom.content
        if content is None:
            return None
        memory = self._system.machine.create_memory(len(content))
        memory.write(content)
        memory.seal()
        self._forget()
        self._handed_out = self._system.office.dataspace(memory)
        return self._handed_out.cap

    def close(self) -> None:
        self._forget()
        self._rom.forget(self)

    def _forget(self) -> None:
        if self._handed_out is not None:
            self._system.office.free(self._handed_out)
            self._handed_out = None

    def update(self) -> bool:
        return False

    def sigh(self, context: SignalCap | None) -> None:
        self.changed.context = context
        if self._read is not self._rom.content:
            self.changed.submit()
