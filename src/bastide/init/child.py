"""A child as init is its parent: what it can ask for, and the books of the sessions it opened and serves.

Everything a child says is hostile until checked. Nothing here waits for a child or calls one: answers are given at
once, or later by the child's session signal. How a child comes to life and ends is in `program`.
"""

from __future__ import annotations

from bastide.base import (
    Account,
    Affinity,
    Bytes,
    Capability,
    InsufficientCaps,
    InsufficientRam,
    OutOfCaps,
    OutOfRam,
    Session,
    SessionDenied,
    SignalCap,
    Transmitter,
)
from bastide.base import args as session_args
from bastide.base.environment import EnvSession, Parent, Progress, Resources, Response, RomSession, Thread
from bastide.base.errors import InvalidArgs
from bastide.init.arguments import (
    deduct_session_cost,
    filter_managing_system,
    filter_priority,
    prefix_label,
    scale_affinity,
)
from bastide.init.content import ConfigRom, Content
from bastide.init.program import Program, Stage
from bastide.init.requests import RequestsRom, RequestTable
from bastide.init.route import Route
from bastide.init.services import ChildService, RomService
from bastide.init.session_state import OVER, REFUSED, SESSION_COST, Phase, SessionState
from bastide.init.start import StartNode
from bastide.init.surroundings import Surroundings

SERVICE_NAME_LIMIT = 64

MOST_SESSIONS = 1000
"""Per child, those of its environment included.

The session cost does not pay for all that a session takes of init's memory, so this bounds the rest.
"""

_ANSWERS = {Response.DENIED: Phase.DENIED, Response.INSUFFICIENT_RAM: Phase.INSUFFICIENT_RAM,
            Response.INSUFFICIENT_CAPS: Phase.INSUFFICIENT_CAPS}
_ERRORS = {Phase.INSUFFICIENT_RAM: InsufficientRam, Phase.INSUFFICIENT_CAPS: InsufficientCaps}


class Child(Parent):
    """`route` is the child's own or the default one, `prio_levels` the number of priority bands."""

    def __init__(self, around: Surroundings, start: StartNode, route: Route, prio_levels: int) -> None:
        self.around, self.start, self.route = around, start, route
        self.prio_levels = prio_levels
        self.exit_propagate = start.exit_propagate
        self.exit_value: int | None = None
        self.sessions: dict[int, SessionState] = {}
        self.requests = RequestTable()
        self.wanted = Resources()
        """What the child asked its parent for, and was not given yet."""
        self._answered = Transmitter()
        self.resources_available = Transmitter()
        self._content = Content(start.config) if start.config is not None else None
        env = around.env
        self.content_service = RomService(env, self._config_rom)
        self.requests_service = RomService(env, lambda account: RequestsRom(account, env.account, self.requests))
        self.program = Program(self, around)
        self.services = {name: ChildService(name, start.name, lambda: self.program.purse, self.requests)
                         for name in sorted(start.provides)}

    @property
    def name(self) -> str:
        return self.start.name

    @property
    def ended(self) -> bool:
        return self.program.ended

    def show(self, start: StartNode) -> None:
        """Deliver the inline config of a new start node, if it has one and so had the old one."""
        self.exit_propagate = start.exit_propagate
        if self._content is not None and start.config is not None and self._content.replace(start.config):
            for rom in self.content_service.sessions:
                if isinstance(rom, ConfigRom):
                    rom.notify()

    # The parent interface, as a client of services.

    def exit(self, value: int) -> None:
        if not self.ended:
            self.around.exited(self, value)

    def session_sigh(self, context: SignalCap | None) -> None:
        self._answered.context = context

    def session(self, id: int, service: str, args: str, affinity: Affinity) -> Capability[Session] | None:
        session = self._admit(id, service, args, affinity)
        purse = self.program.purse
        if purse is None:
            raise SessionDenied(f"{self.name} has ended")
        session.service.paid_by(purse, session.donated, session.cost)
        self.sessions[id] = session
        try:
            session.service.create(session)
        except BaseException as error:
            session.phase = Phase.DENIED
            session.conclude()
            if isinstance(error, InvalidArgs):
                raise SessionDenied(str(error)) from None
            if isinstance(error, SessionDenied):
                self.around.complaints.warning(self.name, f"{self.name}: {session.service.source} denied a "
                                               f"{service} session with label \"{session.label}\": {error}")
            raise
        return self._picked_up(session)

    def session_cap(self, id: int) -> Capability[Session] | None:
        session = self.sessions.get(self._environment_id(id))
        if session is None or session.phase in (Phase.CLOSING, Phase.CLOSED):
            raise SessionDenied(f"there is no session of ID {id}" if session is None else
                                f"the {session.service.name} session of ID {id} was closed")
        if session.phase in REFUSED:
            kind, source = _ERRORS.get(session.phase, SessionDenied), session.service.source
            if not session.environment:
                session.conclude()
            raise kind(f"{source} answered {session.phase.value} to the request for {session.service.name}")
        return self._picked_up(session)

    def upgrade(self, id: int, donation: Resources) -> Progress:
        session, purse = self.sessions.get(id), self.program.purse
        if session is None or purse is None or session.phase is not Phase.HANDED_OUT:
            self.around.complaints.warning(self.name, f"{self.name}: attempt to upgrade session in invalid state")
            return Progress.PENDING
        purse.take(donation.ram, donation.caps)
        if not session.service.receive(donation):
            purse.give(donation.ram, donation.caps)
            raise OutOfRam(f"{session.service.source} can't be paid any more")
        session.ram, session.caps = session.ram + donation.ram, session.caps + donation.caps
        session.phase = Phase.UPGRADING
        try:
            session.service.upgrade(session, donation)
        except (OutOfRam, OutOfCaps) as error:
            session.phase = Phase.HANDED_OUT
            session.ram, session.caps = session.ram - donation.ram, session.caps - donation.caps
            back = session.service.pay_back(donation)
            purse.give(back.ram, back.caps)
            kind = "RAM" if isinstance(error, OutOfRam) else "cap"
            self.around.complaints.warning(self.name, f"{self.name}: {kind} upgrade of {session.service.name} failed")
            raise
        return Progress.PENDING if session.phase is Phase.UPGRADING else Progress.DONE

    def close(self, id: int) -> Progress:
        session = self.sessions.get(id)
        if session is None or session.environment or session.close():
            return Progress.DONE
        return Progress.PENDING

    def session_changed(self, session: SessionState) -> None:
        if session.environment and self.program.stage is Stage.INCOMPLETE:
            self.program.environment_changed(session)
        else:
            self._answered.submit()

    def session_over(self, session: SessionState, donated: Resources) -> None:
        del self.sessions[session.id]
        purse = self.program.purse
        if purse is None or session.environment:
            session.service.pay_back(donated)
            return
        returned = session.service.pays_back(purse, donated, session.cost)
        for kind, lost in (("RAM", Bytes(donated.ram - returned.ram)), ("cap", donated.caps - returned.caps)):
            if lost:
                self.around.complaints.warning(
                    self.name, f"{self.name}: could not revert session {kind} quota ({lost}, donated for "
                    f"{session.service.name}, are spent by {session.service.source})")

    # The parent interface, as a server.

    def announce(self, service: str) -> None:
        if service not in self.services:
            self.around.complaints.error(self.name, f"{self.name}: illegal announcement of service \"{service}\"")
        elif self.around.verbose:
            self.around.complaints.info(self.name, f"child \"{self.name}\" announces service \"{service}\"")

    def session_response(self, id: int, response: Response) -> None:
        session = self.requests.sessions.get(id)
        if session is None:
            return                      # answered before, or none of its own
        if session.phase is Phase.CREATING and response in _ANSWERS:
            self.requests.forget(session)
            session.answered(_ANSWERS[response])
        elif session.phase is Phase.UPGRADING and response is Response.OK:
            self.requests.settled(session)
            session.answered(Phase.HANDED_OUT)
        elif session.phase not in OVER and session.phase is not Phase.CREATING and response is Response.CLOSED:
            self.requests.forget(session)
            session.answered(Phase.CLOSED)

    def deliver_session_cap(self, id: int, session: Capability[Session]) -> None:
        state = self.requests.sessions.get(id)
        if state is not None and state.phase is Phase.CREATING:
            self.requests.settled(state)
            state.answered(Phase.AVAILABLE, session)

    # The parent interface, about the child itself.

    def main_thread_cap(self) -> Capability[Thread] | None:
        return self.program.thread

    def resource_avail_sigh(self, context: SignalCap | None) -> None:
        self.resources_available.context = context

    def resource_request(self, wanted: Resources) -> None:
        self.wanted = wanted
        self.around.complaints.info(self.name, f"child \"{self.name}\" requests resources: "
                                    f"ram_quota={wanted.ram}, cap_quota={wanted.caps}")

    def yield_sigh(self, context: SignalCap | None) -> None:
        """Init demands nothing back."""

    def yield_request(self) -> Resources:
        return Resources()

    def yield_response(self) -> None: ...

    def heartbeat_sigh(self, context: SignalCap | None) -> None:
        """Init does not monitor its children."""

    def heartbeat_response(self) -> None: ...

    def _admit(self, id: int, service: str, args: str, affinity: Affinity) -> SessionState:
        """The request, checked, filtered and routed; nothing has been paid."""
        try:
            if len(service) > SERVICE_NAME_LIMIT:
                raise InvalidArgs(f"the name of a service has at most {SERVICE_NAME_LIMIT} characters")
            fields = prefix_label(session_args.parse(args), self.name)
            caps = int(Bytes(fields.get("cap_quota", "0")))
            ram = Bytes(fields.get("ram_quota", "0"))
        except (InvalidArgs, ValueError) as error:
            self.around.complaints.warning(self.name, f"{self.name}: session request denied: {error}")
            raise SessionDenied(str(error)) from None
        fields = deduct_session_cost(fields, Bytes(SESSION_COST))
        filtered = filter_priority(fields, service, self.start.priority, self.prio_levels)
        for warning in filtered.warnings:
            self.around.complaints.warning(self.name, warning)
        fields = filter_managing_system(filtered.args, service, self.start.managing_system, environment=False)
        target, label = self.around.directory.find(self, service, fields["label"])
        fields["label"] = label
        if len(self.sessions) >= MOST_SESSIONS:
            self.around.complaints.warning(self.name, f"{self.name}: has {MOST_SESSIONS} sessions, which is the limit")
            raise SessionDenied(f"{self.name} has {MOST_SESSIONS} sessions, which is the limit: close some")
        if id in self.sessions or id <= EnvSession.LINKER:
            self._conflict(id, service, args)
        return SessionState(self, id, target, label, fields, ram - SESSION_COST, caps,
                            scale_affinity(self.start.affinity, affinity))

    def _conflict(self, id: int, service: str, args: str) -> None:
        complaints = self.around.complaints
        complaints.error(self.name, f"{self.name} requested conflicting session ID {id} "
                         f"(service={service} args={args})")
        existing = self.sessions.get(self._environment_id(id))
        if existing is not None:
            complaints.error(self.name, f"existing session: service={existing.service.name} "
                             f"label=\"{existing.label}\" state={existing.phase.value}")
        raise SessionDenied(f"session ID {id} is in use")

    def _picked_up(self, session: SessionState) -> Capability[Session] | None:
        if session.phase is Phase.AVAILABLE:
            session.phase = Phase.HANDED_OUT
        return session.cap if session.phase is Phase.HANDED_OUT else None

    def _environment_id(self, id: int) -> int:
        """The linker of the platform is part of whatever binary is started: its session is the binary's."""
        return EnvSession.BINARY if id == EnvSession.LINKER else id

    def _config_rom(self, account: Account) -> RomSession:
        assert self._content is not None
        return ConfigRom(account, self._content)
