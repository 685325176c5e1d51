"""The environment sessions of one child: opened through the child's own routes, paid by init.

Their servers may be other children, or may be reached by the parent, so each of them can stay pending. What is refused
for want of a route is *missing*; whatever the reason, the log has it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bastide.base import (
    BastideError,
    Bytes,
    Capability,
    InsufficientCaps,
    InsufficientRam,
    Session,
    SessionDenied,
)
from bastide.base import args as session_args
from bastide.base.env import STEP_RAM
from bastide.base.environment import CpuSession, EnvSession, LogSession, PdSession, RomSession
from bastide.base.errors import InvalidArgs
from bastide.init.arguments import filter_managing_system, filter_priority
from bastide.init.complaints import shown
from bastide.init.services import ChildService, Service
from bastide.init.session_state import OVER, REFUSED, Phase, SessionState
from bastide.init.surroundings import Surroundings

if TYPE_CHECKING:
    from bastide.init.child import Child

ATTEMPTS = 10
"""How often init donates more for an environment session whose server finds it too little."""

STEP_CAPS = 1

KINDS: dict[EnvSession, type[Session]] = {EnvSession.PD: PdSession, EnvSession.CPU: CpuSession,
                                          EnvSession.LOG: LogSession, EnvSession.BINARY: RomSession}


class Environment:
    def __init__(self, child: Child, around: Surroundings) -> None:
        self._child, self._around = child, around
        self._donations: dict[EnvSession, tuple[int, int, int]] = {}
        self.missing: set[EnvSession] = set()
        """Sessions that the child's routes lead nowhere for."""

    def __getitem__(self, id: EnvSession) -> SessionState | None:
        return self._child.sessions.get(id)

    @property
    def complete(self) -> bool:
        return all((session := self[id]) is not None and session.cap is not None for id in KINDS)

    @property
    def pending(self) -> bool:
        """Some server is about to answer."""
        return any((session := self[id]) is not None and session.phase is Phase.CREATING for id in KINDS)

    def cap(self, id: EnvSession, kind: type[Any]) -> Capability[Any]:
        """The capability of a session that is there."""
        session = self[id]
        assert session is not None and session.cap is not None
        return Capability(session.cap.handle, kind, session.cap.kernel)

    def open(self, id: EnvSession) -> None:
        """Open a session that is not there, or was refused before. What is wrong is logged."""
        known = self[id]
        if known is not None and known.phase in OVER:
            known.conclude()
        elif known is not None:
            return
        child, kind = self._child, KINDS[id]
        ram, caps, _ = self._donations.setdefault(id, (int(Bytes(kind.ram_quota)), kind.cap_quota, 0))
        args: dict[str, str] = {"ram_quota": repr(ram), "cap_quota": repr(caps)}
        args = filter_priority(args, kind.service, child.born.priority, child.prio_levels).args
        args = filter_managing_system(args, kind.service, child.born.managing_system, environment=True)
        try:
            service, label = self._around.directory.find(child, kind.service, child.name)
            if kind in (PdSession, CpuSession) and isinstance(service, ChildService):
                raise SessionDenied(f"{service.source} can't be trusted with it: init would have to call a child; "
                                    "route it to parent or local")
        except SessionDenied as error:
            self.missing.add(id)
            self._denied(kind.service, {"label": child.name} | args, str(error))
            return
        self.missing.discard(id)
        session = SessionState(child, id, service, child.name, label, {"label": label} | args, ram, caps,
                               child.born.affinity, cost=0, environment=True)
        child.sessions[id] = session
        self._request(id, session, service)

    def answered(self, session: SessionState) -> None:
        """The server of a session answered late."""
        id = EnvSession(session.id)
        if session.phase is Phase.AVAILABLE:
            session.phase = Phase.HANDED_OUT
        elif session.phase in (Phase.INSUFFICIENT_RAM, Phase.INSUFFICIENT_CAPS):
            if self._donate_more(id, session.phase is Phase.INSUFFICIENT_RAM):
                self.open(id)
        elif session.phase in REFUSED:
            self._denied(session.service.name, session.args,
                         session.reason or f"{session.service.source} denied it")

    def close(self, *ids: EnvSession) -> None:
        for id in ids:
            session = self._child.sessions.pop(id, None)
            if session is not None:
                session.orphan()

    def _request(self, id: EnvSession, session: SessionState, service: Service) -> None:
        try:
            if not service.receive(session.donated):
                raise SessionDenied(f"{service.source} can't be paid")
            service.create(session)
        except (InsufficientRam, InsufficientCaps) as error:
            session.conclude()
            if self._donate_more(id, isinstance(error, InsufficientRam)):
                self.open(id)
        except BastideError as error:
            session.refuse()            # it stays to be seen in the state report
            hint = ": is it among the ROMs of the system, or did you mean another one by a `binary` node?"
            self._denied(service.name, session.args, f"{error}{hint if id is EnvSession.BINARY else ''}")
        if session.phase is Phase.AVAILABLE:
            session.phase = Phase.HANDED_OUT
        elif session.phase is Phase.CREATING:
            self._around.waiting.add(session)

    def _donate_more(self, id: EnvSession, more_ram: bool) -> bool:
        ram, caps, attempts = self._donations[id]
        if attempts + 1 >= ATTEMPTS:
            self._error(f"environment {KINDS[id].service} session: the server found {Bytes(ram)} of RAM and {caps} "
                        f"capabilities insufficient, {ATTEMPTS} attempts were enough")
            return False
        self._donations[id] = ram + STEP_RAM * more_ram, caps + STEP_CAPS * (not more_ram), attempts + 1
        return True

    def _denied(self, service: str, args: dict[str, str], reason: str) -> None:
        try:
            text = session_args.format(args)
        except InvalidArgs:
            text = str(args)
        self._error(f"environment {service} session denied ({text}): {reason}")

    def _error(self, text: str) -> None:
        self._child.problems["environment"] = shown(text)
        self._around.env.log.error(shown(f"{self._child.name}: {text}"))
