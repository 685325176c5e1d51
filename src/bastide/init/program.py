"""How a child comes to life and ends: its environment sessions, its quota, its program.

The environment sessions are opened through the child's own routes, paid by init. Their servers may be other children,
so any of them can stay pending; the program starts as soon as the last one is there.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, TypeVar

from bastide.base import (
    BastideError,
    Bytes,
    Capability,
    DataspaceCap,
    InsufficientCaps,
    InsufficientRam,
    Interface,
    Session,
    SessionDenied,
    SignalHandler,
)
from bastide.base import args as session_args
from bastide.base.env import STEP_RAM
from bastide.base.environment import (
    CpuSession,
    EnvSession,
    LogSession,
    PdSession,
    RomSession,
    Thread,
    ThreadRun,
)
from bastide.base.errors import InvalidArgs
from bastide.base.session import ANYWHERE
from bastide.init.arguments import filter_managing_system, filter_priority
from bastide.init.complaints import shown
from bastide.init.purse import Purse
from bastide.init.services import ChildService, Service
from bastide.init.session_state import OVER, REFUSED, SESSION_COST, Phase, SessionState
from bastide.init.start import Quota
from bastide.init.surroundings import Surroundings

if TYPE_CHECKING:
    from bastide.init.child import Child

I = TypeVar("I", bound=Interface)  # noqa: E741  # the conventional letter for an interface

ENVIRONMENT_COST = Quota(Bytes(253952), 28)
"""What Genode's environment sessions cost on 64 bit, with one capability for the parent object."""

UNPAID_COST = Quota(Bytes(ENVIRONMENT_COST.ram - Bytes(PdSession.ram_quota)),
                    ENVIRONMENT_COST.caps - PdSession.cap_quota)
"""What of that is still to be paid for a child that has its domain."""

STATIC_COST = Quota(Bytes(16 * SESSION_COST), 6)
"""What init spends on a child beside that: a first batch of session states, its heap, config and requests ROMs."""

ATTEMPTS = 10
"""How often init donates more for an environment session whose server finds it too little."""

STEP_CAPS = 1

_KINDS: dict[EnvSession, type[Session]] = {EnvSession.PD: PdSession, EnvSession.CPU: CpuSession,
                                           EnvSession.LOG: LogSession, EnvSession.BINARY: RomSession}


class Stage(Enum):
    INCOMPLETE, STARTING, RUNNING, ENDED = range(4)


class Program:
    """The program of one child. `purse` is its account as long as it has one."""

    def __init__(self, child: Child, around: Surroundings) -> None:
        self._child, self._around = child, around
        self.stage = Stage.INCOMPLETE
        self.purse: Purse | None = None
        self.thread: Capability[Thread] | None = None
        self.exiting = False
        self._donations: dict[EnvSession, tuple[int, int, int]] = {}
        self._managed = False
        self._fetched: SignalHandler | None = None

    @property
    def ended(self) -> bool:
        return self.stage is Stage.ENDED

    def begin(self, spendable: Quota) -> bool:
        """Open the domain, and give it the quota of the child, or what of it init can spend. False: not this time."""
        try:
            if not self._managed:
                self._around.env.ep.manage(self._child, self._around.env.account)
                self._managed = True
            return self.purse is not None or (self._open(EnvSession.PD) and self._endow(spendable))
        except BastideError as error:
            self._error(f"child creation failed: {error}")
            return False

    def complete(self) -> None:
        """Open what else the environment lacks, and start as soon as nothing is missing."""
        try:
            for id in (EnvSession.CPU, EnvSession.LOG, EnvSession.BINARY):
                known = self._child.sessions.get(id)
                if known is not None and known.phase in OVER:
                    known.conclude()
                if id not in self._child.sessions:
                    self._open(id)
            self._start_if_complete()
        except BastideError as error:
            self._error(f"child creation failed: {error}")

    def environment_changed(self, session: SessionState) -> None:
        """The server of an environment session answered late."""
        id = EnvSession(session.id)
        if session.phase in (Phase.INSUFFICIENT_RAM, Phase.INSUFFICIENT_CAPS):
            kind = InsufficientRam if session.phase is Phase.INSUFFICIENT_RAM else InsufficientCaps
            session.conclude()
            if self._donate_more(id, kind("")):
                self._open(id)
        elif session.phase in REFUSED:
            self._denied(session.service.name, session.args, f"{session.service.source} denied it")
        self._start_if_complete()

    @property
    def begun(self) -> bool:
        return self._managed

    @property
    def stuck(self) -> bool:
        """The environment is incomplete, and no server is about to complete it."""
        pending = any(s.phase is Phase.CREATING for s in self._child.sessions.values() if s.environment)
        return self.begun and self.stage is Stage.INCOMPLETE and not pending

    def check(self) -> bool:
        """Look whether the program ended by itself, and bring the child to its end if so."""
        if self.thread is None or self.ended or self.exiting:
            return False
        state = self._object(self.thread).state()
        if state.run is ThreadRun.RUNNING:
            return False
        self._around.env.log.error(shown(
            f'child "{self._child.name}" faulted: {state.fault}' if state.run is ThreadRun.FAULTED else
            f'child "{self._child.name}" ended with code {state.code} without asking its parent to exit'))
        self.end()
        return True

    def end(self) -> None:
        """Close all that the child opened and served, and give its budget back to init."""
        if self.ended:
            return
        self.stage = Stage.ENDED
        child, env = self._child, self._around.env
        own = [session for session in child.sessions.values() if not session.environment]
        for session in sorted(own, key=lambda session: session.service.name != "CPU"):
            session.orphan()
        for id in (EnvSession.CPU, EnvSession.LOG, EnvSession.BINARY, EnvSession.PD):
            if id in child.sessions:
                child.sessions[id].orphan()
        child.sessions.clear()
        self.purse = self.thread = None     # with its domain, all that it had returned to init
        child.requests.abandon()
        if self._managed:
            env.ep.dissolve(child)
        if self._fetched is not None:
            self._fetched.close()

    def _open(self, id: EnvSession) -> bool:
        """Whether the session is there already. What is wrong is logged."""
        child, kind = self._child, _KINDS[id]
        first = int(Bytes(kind.ram_quota)), kind.cap_quota, 0
        ram, caps, _ = self._donations.setdefault(id, first)
        args: dict[str, str] = {"ram_quota": repr(ram), "cap_quota": repr(caps)}
        args = filter_priority(args, kind.service, child.start.priority, child.prio_levels).args
        args = filter_managing_system(args, kind.service, child.start.managing_system, environment=True)
        try:
            service, label = self._around.directory.find(child, kind.service, child.name)
            if kind in (PdSession, CpuSession) and isinstance(service, ChildService):
                raise SessionDenied(f"{service.source} can't be trusted with it: init would have to call a child; "
                                    "route it to parent or local")
        except SessionDenied as error:
            self._denied(kind.service, {"label": child.name} | args, str(error))
            return False
        session = SessionState(child, id, service, label, {"label": label} | args, ram, caps, child.start.affinity,
                               cost=0, environment=True)
        child.sessions[id] = session
        return self._request(id, session, service)

    def _request(self, id: EnvSession, session: SessionState, service: Service) -> bool:
        try:
            if not service.receive(session.donated):
                raise SessionDenied(f"{service.source} can't be paid")
            service.create(session)
        except (InsufficientRam, InsufficientCaps) as error:
            session.conclude()
            return self._donate_more(id, error) and self._open(id)
        except BastideError as error:
            args = session.args
            session.conclude()
            hint = ": is it among the ROMs of the system, or did you mean another one by a `binary` node?"
            self._denied(service.name, args, f"{error}{hint if id is EnvSession.BINARY else ''}")
            return False
        if session.phase is Phase.AVAILABLE:
            session.phase = Phase.HANDED_OUT
        return session.phase is Phase.HANDED_OUT

    def _donate_more(self, id: EnvSession, error: InsufficientRam | InsufficientCaps) -> bool:
        ram, caps, attempts = self._donations[id]
        if attempts + 1 >= ATTEMPTS:
            self._error(f"environment {_KINDS[id].service} session: the server found {Bytes(ram)} of RAM and {caps} "
                        f"capabilities insufficient, {ATTEMPTS} attempts were enough")
            return False
        more_ram = isinstance(error, InsufficientRam)
        self._donations[id] = ram + STEP_RAM * more_ram, caps + STEP_CAPS * (not more_ram), attempts + 1
        return True

    def _endow(self, spendable: Quota) -> bool:
        """Give the child its quota, or what is left of it."""
        child, env = self._child, self._around.env
        cap: Capability[PdSession] = self._cap(EnvSession.PD, PdSession)
        pd = self._object(cap)
        pd.ref_account(env.pd_cap)
        self.purse = Purse(env.pd, env.pd_cap, pd, cap)
        quota = self._affordable(spendable)
        if not self.purse.give(quota.ram, quota.caps):
            self._error(f"its quota of {quota.ram} of RAM and {quota.caps} capabilities can't be transferred")
            self.purse = None
            child.sessions[EnvSession.PD].close()
            return False
        return True

    def _affordable(self, spendable: Quota) -> Quota:
        start, name = self._child.start, self._child.name
        ram = max(0, start.ram - ENVIRONMENT_COST.ram - STATIC_COST.ram)
        caps = max(0, start.caps - ENVIRONMENT_COST.caps - STATIC_COST.caps)
        complaints = self._around.complaints
        if not ram:
            complaints.warning(name, f"{name}: no valid RAM quota defined")
        if not caps:
            complaints.warning(name, f"{name}: no valid capability quota defined")
        left_ram = max(0, spendable.ram - ENVIRONMENT_COST.ram)
        left_caps = max(0, spendable.caps - ENVIRONMENT_COST.caps)
        if ram > left_ram:
            ram = left_ram
            complaints.warning(name, f"{name}: configured RAM exceeds available RAM, proceed with {Bytes(ram)}")
        if caps > left_caps:
            caps = left_caps
            complaints.warning(name, f"{name}: configured caps exceed available caps, proceed with {caps}")
        return Quota(Bytes(ram), caps)

    def _start_if_complete(self) -> None:
        sessions = [self._child.sessions.get(id) for id in _KINDS]
        if self.stage is not Stage.INCOMPLETE or not all(s is not None and s.cap is not None for s in sessions):
            return
        for session in sessions:
            if session is not None:
                session.phase = Phase.HANDED_OUT
        self.stage = Stage.STARTING
        rom: Capability[RomSession] = self._cap(EnvSession.BINARY, RomSession)
        if isinstance(self._child.sessions[EnvSession.BINARY].service, ChildService):
            self._fetch(rom)
        else:
            try:
                self._start(self._object(rom).dataspace())
            except BastideError as error:
                self._error(f"can't start: {error}")

    def _fetch(self, rom: Capability[RomSession]) -> None:
        """Ask a child for the content of its ROM, in a thread that may wait for it: init must not."""
        env, answers = self._around.env, list[DataspaceCap | BastideError | None]()

        def ask() -> None:
            try:
                answers.append(rom.client().dataspace())
            except BastideError as error:
                answers.append(error)
            answered.submit()

        def take() -> None:
            if self.stage is not Stage.STARTING:
                return
            if isinstance(answers[0], BastideError):
                self._error(f"can't start: its binary can't be had: {answers[0]}")
            else:
                self._start(answers[0])

        answered = self._fetched = SignalHandler(env, take)
        env.kernel.start_thread(ask, f"{self._child.name}.binary")

    def _start(self, content: DataspaceCap | None) -> None:
        child = self._child
        pd: Capability[PdSession] = self._cap(EnvSession.PD, PdSession)
        cpu: Capability[CpuSession] = self._cap(EnvSession.CPU, CpuSession)
        if content is None:
            self._error(f"can't start: the ROM '{child.start.binary}' has no content")
            return
        try:
            session = self._object(cpu)
            session.exception_sigh(self._around.faulted)
            self.stage = Stage.RUNNING
            self.thread = session.start(pd, child.name, content, child.cap, ANYWHERE)
        except BastideError as error:
            self.stage = Stage.INCOMPLETE
            self._error(f"can't start: {error}")

    def _object(self, cap: Capability[I]) -> I:
        """What can be called: the object itself if it is one of init's own, for a call to oneself would never end."""
        own: I | None = self._around.env.ep.object_of(cap, cap.interface)
        return own or cap.client()

    def _cap(self, id: EnvSession, kind: type[Any]) -> Capability[Any]:
        """The capability of an environment session that is there."""
        cap = self._child.sessions[id].cap
        assert cap is not None
        return Capability(cap.handle, kind, cap.kernel)

    def _denied(self, service: str, args: dict[str, str], reason: str) -> None:
        try:
            text = session_args.format(args)
        except InvalidArgs:
            text = str(args)
        self._error(f"environment {service} session denied ({text}): {reason}")

    def _error(self, text: str) -> None:
        self._around.env.log.error(shown(f"{self._child.name}: {text}"))
