"""The program of one child: from its protection domain to its end.

It begins with the domain and its quota, starts as soon as the environment is complete, and ends when the child exits,
faults, or is no longer wanted. With the domain, all that the child had returns to init.
"""

from __future__ import annotations

from contextlib import suppress
from enum import Enum
from typing import TYPE_CHECKING, TypeVar

from bastide.base import BastideError, Bytes, Capability, DataspaceCap, Interface, SignalCap, SignalHandler
from bastide.base.environment import CpuSession, EnvSession, PdSession, RomSession, Thread, ThreadRun
from bastide.base.session import ANYWHERE
from bastide.init.budget import DOMAIN_COST
from bastide.init.complaints import shown
from bastide.init.environment import Environment
from bastide.init.purse import Purse
from bastide.init.services import ChildService
from bastide.init.session_state import SessionState
from bastide.init.start import Quota
from bastide.init.surroundings import Surroundings

if TYPE_CHECKING:
    from bastide.init.child import Child

I = TypeVar("I", bound=Interface)  # noqa: E741  # the conventional letter for an interface


class Stage(Enum):
    NEW, FOUNDED, STARTING, RUNNING, ENDED = range(5)


class Program:
    def __init__(self, child: Child, around: Surroundings) -> None:
        self._child, self._around = child, around
        self.environment = Environment(child, around)
        self.stage = Stage.NEW
        self.thread: Capability[Thread] | None = None
        self.faulted = False
        self.exiting = False
        self._managed = False
        self._unpaid = False
        self._fetched: SignalHandler | None = None

    @property
    def ended(self) -> bool:
        return self.stage is Stage.ENDED

    @property
    def running(self) -> bool:
        return self.stage is Stage.RUNNING

    @property
    def waiting(self) -> bool:
        """It is not complete, and some server is about to change that."""
        return self.environment.pending or self.stage is Stage.STARTING

    def begin(self) -> None:
        """Open the domain, and give it its quota. What is wrong is logged, and can be tried again."""
        if self.stage is not Stage.NEW:
            return
        means = self._around.means()
        if not self._child.budget.affordable(means):
            return
        try:
            if not self._managed:
                self._around.env.ep.manage(self._child, self._around.env.account)
                self._managed = True
            self.environment.open(EnvSession.PD)
            self._found(Quota(Bytes(means.ram - DOMAIN_COST.ram), means.caps - DOMAIN_COST.caps))
        except BastideError as error:
            self._error(f"child creation failed: {error}")

    def complete(self) -> None:
        """Open what else the environment lacks, and start as soon as nothing is missing."""
        if self.stage is not Stage.FOUNDED:
            return
        try:
            for id in (EnvSession.CPU, EnvSession.LOG, EnvSession.BINARY):
                self.environment.open(id)
            self._settle()
            self._start_if_complete()
        except BastideError as error:
            self._error(f"child creation failed: {error}")

    def answered(self, session: SessionState) -> None:
        """The server of an environment session answered late."""
        try:
            self.environment.answered(session)
            if session.id == EnvSession.PD:
                self._found(self._around.means())
                self.complete()
            self._start_if_complete()
        except BastideError as error:
            self._error(f"child creation failed: {error}")

    def check(self) -> bool:
        """Look whether the program ended by itself, and bring the child to its end if so."""
        if self.thread is None or self.ended or self.exiting:
            return False
        state = self._object(self.thread).state()
        if state.run is ThreadRun.RUNNING:
            return False
        self.faulted = True
        self._error(f'child "{self._child.name}" faulted: {state.fault}' if state.run is ThreadRun.FAULTED else
                    f'child "{self._child.name}" ended with code {state.code} without asking its parent to exit', "")
        self.end()
        return True

    def heartbeat(self) -> SignalCap | None:
        """Where to ask whether it reacts; None if it runs no more."""
        with suppress(BastideError):
            return None if self.thread is None else self._object(self.thread).heartbeat()
        return None

    def halt(self) -> None:
        """End its threads, so that nobody is there any more to see one session vanish after the other."""
        if not self.ended:
            self.environment.close(EnvSession.CPU)

    def end(self) -> None:
        """Close all that the child opened and served, and give its budget back to init."""
        if self.ended:
            return
        self.halt()
        self.stage = Stage.ENDED
        child, env = self._child, self._around.env
        self._settle()
        own = [session for session in child.sessions.values() if not session.environment]
        for session in sorted(own, key=lambda session: session.service.name != "CPU"):
            session.orphan()
        self.environment.close(EnvSession.LOG, EnvSession.BINARY, EnvSession.PD)
        child.sessions.clear()
        child.budget.purse = self.thread = None     # with its domain, all that it had returned to init
        child.requests.abandon()
        if self._managed:
            env.ep.dissolve(child)
        if self._fetched is not None:
            self._fetched.close()

    def _found(self, means: Quota) -> None:
        """Give the domain its quota, as soon as there is one. Raises BastideError."""
        session = self.environment[EnvSession.PD]
        if self.stage is not Stage.NEW or session is None or session.cap is None:
            return
        env = self._around.env
        cap: Capability[PdSession] = self.environment.cap(EnvSession.PD, PdSession)
        pd = self._domain(cap)
        pd.ref_account(env.pd_cap)
        if not self._child.budget.endow(Purse(env.pd, env.pd_cap, pd, pd.cap), means):
            self._error("its quota can't be transferred")
            session.orphan()
            del self._child.sessions[session.id]
            return
        self.stage = Stage.FOUNDED
        self._unpaid = True
        self._around.unpaid += 1

    def _settle(self) -> None:
        """What was to be paid for the environment is paid."""
        if self._unpaid:
            self._unpaid = False
            self._around.unpaid -= 1

    def _start_if_complete(self) -> None:
        if self.stage is not Stage.FOUNDED or not self.environment.complete:
            return
        self.stage = Stage.STARTING
        rom: Capability[RomSession] = self.environment.cap(EnvSession.BINARY, RomSession)
        session = self.environment[EnvSession.BINARY]
        if session is not None and isinstance(session.service, ChildService):
            self._fetch(rom)
            return
        try:
            content = self._object(rom).dataspace()
        except BastideError:
            self.stage = Stage.FOUNDED
            raise
        self._start(content)

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
                self.stage = Stage.FOUNDED
                self._error(f"can't start: its binary can't be had: {answers[0]}")
            else:
                self._start(answers[0])

        answered = self._fetched = SignalHandler(env, take)
        env.kernel.start_thread(ask, f"{self._child.name}.binary")

    def _start(self, content: DataspaceCap | None) -> None:
        child, environment = self._child, self.environment
        pd: Capability[PdSession] = environment.cap(EnvSession.PD, PdSession)
        cpu: Capability[CpuSession] = environment.cap(EnvSession.CPU, CpuSession)
        if content is None:
            self.stage = Stage.FOUNDED
            self._error(f"can't start: the ROM '{child.start.binary}' has no content")
            return
        try:
            session = self._object(cpu)
            session.exception_sigh(self._around.faulted)
            self.stage = Stage.RUNNING
            self.thread = session.start(pd, child.name, content, child.cap, ANYWHERE)
            child.problems.pop("environment", None)
        except BastideError as error:
            self.stage = Stage.FOUNDED
            self._error(f"can't start: {error}")

    def _domain(self, cap: Capability[PdSession]) -> PdSession:
        """Where the quota of the child goes: what is behind its session, if that is one of init's own."""
        own: PdSession | None = self._around.env.ep.object_of(cap, cap.interface)
        if own is None:
            return cap.client()
        from bastide.init.interposed import InterposedPd  # plain init serves no domains, and has no use for it
        return own.real if isinstance(own, InterposedPd) else own

    def _object(self, cap: Capability[I]) -> I:
        """What can be called: the object itself if it is one of init's own, for a call to oneself would never end."""
        own: I | None = self._around.env.ep.object_of(cap, cap.interface)
        return own or cap.client()

    def _error(self, text: str, prefix: str | None = None) -> None:
        self._child.problems["program"] = shown(text)
        self._around.env.log.error(shown((f"{self._child.name}: " if prefix is None else prefix) + text))
