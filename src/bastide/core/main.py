"""Core: the root of the tree. It makes services of the machine, starts init, and hands all it has to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bastide.base import Capability, SessionRequest
from bastide.base.environment import (
    CpuSession,
    EnvSession,
    LogSession,
    PdSession,
    RmSession,
    RomSession,
    ThreadState,
)
from bastide.base.root import AnyRoot
from bastide.base.session import ANYWHERE
from bastide.base.value import Bytes
from bastide.core.clients import EMPTY, ROM, Clients
from bastide.core.cpu import Cpu
from bastide.core.domain import Office
from bastide.core.ledger import LedgerAccount
from bastide.core.log import Output, Print
from bastide.core.parent import Core
from bastide.core.pd import Pd
from bastide.core.platform import Machine
from bastide.core.rm import Rm
from bastide.core.rom import Library, Module, Modules

PRESERVED_RAM, PRESERVED_CAPS = 224 << 10, 1000
"""What core keeps for itself (Genode's figures), but no more than a quarter of the capabilities."""

KNOWN_LABELS = 4096


class System:
    """A booted system. `exited` is told the exit value of init, in core's entrypoint.

    `ram` and `caps` are those of the whole system (default: the machine's), `quota` what init gets of it (default: all
    that core does not need).
    """

    def __init__(self, machine: Machine, modules: Modules, show: Print, exited: Callable[[int], None], *,
                 ram: int | None = None, caps: int | None = None, name: str = "init", binary: str = "init",
                 quota: tuple[int, int] | None = None) -> None:
        self.machine, self.name = machine, name
        self.fault = ""
        """What init ended by, if it did not exit."""
        self._quota = quota
        self._show = show
        self.office = Office(machine)
        self.treasury = LedgerAccount("core")
        self.treasury.ram.limit = machine.total_ram() if ram is None else ram
        self.treasury.caps.limit = machine.total_caps() if caps is None else caps
        self._library = Library(self.office, modules)
        self._roots: dict[str, AnyRoot] = {}
        self.births: dict[str, int] = {}
        """How many domains of each label there were so far. Of the first labels alone: components choose those of
        their children."""
        PdSession.announce(self, self._domain)
        CpuSession.announce(self, lambda request: Cpu(self.office, request))
        RomSession.announce(self, self._library.open)
        LogSession.announce(self, Output(show, machine.kernel.now).open)
        RmSession.announce(self, lambda request: Rm(self.office, request))
        self._start(binary, exited)

    def provide(self, root: AnyRoot) -> None:
        """Offer a service to init."""
        root.attach(self.office.ep)
        self._roots[root.service] = root

    def change_module(self, name: str, content: bytes, taken: Callable[[], None] | None = None) -> None:
        """Give a ROM module another content, in core's entrypoint: its readers are told.

        `taken` is called when all of them have it.
        """
        self._library.change(name, content, taken)

    @property
    def domains(self) -> tuple[Pd, ...]:
        """All that exist, at whatever depth of the tree, oldest first. In core's entrypoint only."""
        return self._roots["PD"].sessions

    def run(self) -> None:
        """Serve until `stop`."""
        self.office.ep.run()

    def stop(self) -> None:
        """Callable from any thread."""
        self.office.ep.stop()

    def close(self) -> None:
        """End everything: init and all its descendants."""
        self.parent.close_all()
        for id, service in reversed([(EnvSession.PD, "PD"), (EnvSession.LOG, "LOG"), (EnvSession.BINARY, "ROM"),
                                     (EnvSession.CPU, "CPU")]):
            self._roots[service].close(id)

    def _domain(self, request: SessionRequest) -> Pd:
        made = Pd(self.office, request)
        label = str(request.label)
        if label in self.births or len(self.births) < KNOWN_LABELS:
            self.births[label] = self.births.get(label, 0) + 1
        return made

    def _start(self, binary: str, exited: Callable[[int], None]) -> None:
        preserved = min(PRESERVED_CAPS, self.treasury.caps.avail // 4)
        ram, caps = self.treasury.ram.avail - PRESERVED_RAM, self.treasury.caps.avail - preserved
        if ram <= 0 or caps <= 0:
            raise ValueError(f"{Bytes(self.treasury.ram.limit)} of RAM and {self.treasury.caps.limit} capabilities are "
                             f"too little: core alone keeps {Bytes(PRESERVED_RAM)} and {preserved}; give more")
        if self._quota is not None:
            if self._quota[0] > ram or self._quota[1] > caps:
                raise ValueError(f"{self.name} is to have {Bytes(self._quota[0])} of RAM and {self._quota[1]} "
                                 f"capabilities, but core has only {Bytes(ram)} and {caps}; give the system more")
            ram, caps = self._quota
        pd_cap = self._open(EnvSession.PD, PdSession, self.name)
        cpu_cap = self._open(EnvSession.CPU, CpuSession, self.name)
        log_cap = self._open(EnvSession.LOG, LogSession, self.name)
        rom_cap = self._open(EnvSession.BINARY, RomSession, binary)
        ep = self.office.ep
        pd, cpu, rom = ep.object_of(pd_cap, Pd), ep.object_of(cpu_cap, Cpu), ep.object_of(rom_cap, Module)
        assert pd is not None and cpu is not None and rom is not None
        self.account = pd.account
        self.account.refer_to(self.treasury)
        self.treasury.transfer(self.account, ram, caps)
        self._library.change(ROM, EMPTY)
        self.clients = Clients(self.treasury, self.account, lambda content: self._library.change(ROM, content))
        self.parent = Core(self.name, self._roots, self.treasury, self.account, self.clients, exited)
        for id, cap in ((EnvSession.PD, pd_cap), (EnvSession.CPU, cpu_cap), (EnvSession.LOG, log_cap),
                        (EnvSession.BINARY, rom_cap), (EnvSession.LINKER, rom_cap)):
            self.parent.keep(id, cap)
        ep.manage(self.parent, self.office.account)
        self._show("", f"{ram >> 20} MiB RAM and {caps} caps assigned to {self.name}")
        content = rom.dataspace()
        assert content is not None
        thread = cpu.start(pd_cap, self.name, content, self.parent.cap, ANYWHERE)

        def ended(state: ThreadState) -> None:
            self.fault = state.fault
            exited(state.code or 1)

        cpu.watch(thread, ended)

    def _open(self, id: EnvSession, kind: type[Any], label: str) -> Capability[Any]:
        """An environment session of init. Core charges nobody for it."""
        args = {"label": label, "ram_quota": kind.ram_quota, "cap_quota": str(kind.cap_quota)}
        return self._roots[kind.service].session(id, args)
