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
from bastide.init.budget import Budget
from bastide.init.complaints import shown
from bastide.init.content import ConfigRom, Content
from bastide.init.heartbeat import Pulse
from bastide.init.notices import Notices
from bastide.init.program import Program
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
    """One incarnation of a start node.

    `start` is the node as the config has it now, `born` as it was when the child came to life: some attributes count
    for the next incarnation only. `route` is the child's own or the default one, `prio_levels` the number of bands.
    """

    def __init__(self, around: Surroundings, id: int, start: StartNode, route: Route, prio_levels: int) -> None:
        self.around, self.id, self.start, self.born, self.route = around, id, start, start, route
        self.prio_levels = prio_levels
        self.exit_value: int | None = None
        self.sessions: dict[int, SessionState] = {}
        self.requests = RequestTable(as_xml=around.env.generates_xml)
        self.problems: dict[str, str] = {}
        """What is wrong with it at the moment, for the state report: the newest of each kind."""
        self.stuck = False
        """The config has no route any more for something that it uses."""
        self.bereft = False
        """It lost sessions by that."""
        self.uncertain = False
        """Its sessions may be routed differently now."""
        self._answered = Transmitter()
        self._notices = Notices()
        self._announced: set[str] = set()
        env = around.env
        self._content = Content(env.encode(start.config)) if start.config is not None else None
        self.content_service = RomService(env, self._config_rom)
        self.requests_service = RomService(env, lambda account: RequestsRom(account, env.account, self.requests))
        self.budget = Budget(self, around)
        self.program = Program(self, around)
        self.pulse = Pulse(self.program.heartbeat)
        self.services = {name: ChildService(name, self) for name in sorted(start.provides)}

    @property
    def name(self) -> str:
        return self.start.name

    @property
    def ended(self) -> bool:
        return self.program.ended

    @property
    def alive(self) -> bool:
        return self.program.running

    @property
    def faulted(self) -> bool:
        return self.program.faulted

    @property
    def incomplete(self) -> bool:
        """It could not be started completely, or not be kept so."""
        return self.stuck or not (self.program.running or self.ended)

    def update(self, start: StartNode, route: Route) -> bool:
        """Follow what the config says now. True: it serves other services than before."""
        before, self.start = self.start, start
        self.around.complaints.forget(self.name)
        self.problems.pop("denied", None)
        if start.route != before.route:
            self.route = route
        if (start.route, start.binary) != (before.route, before.binary) or bool(start.config) != bool(before.config):
            self.uncertain = True
        self._show(start)
        if start.provides == before.provides:
            return False
        for name in before.provides - start.provides:
            del self.services[name]
        self.services.update((name, ChildService(name, self)) for name in sorted(start.provides - before.provides))
        return True

    def announces(self, service: str) -> bool:
        return service in self._announced

    def revoke(self, session: SessionState) -> None:
        """End a session that the config does not grant any more."""
        self.bereft = True
        closed = session.close()
        self._notices.ended(session.id)
        if closed:
            self._answered.submit()

    def _show(self, start: StartNode) -> None:
        """Deliver the inline config."""
        if start.config is None:
            self._content = None
        elif self._content is None:
            self._content = Content(self.around.env.encode(start.config))
        elif self._content.replace(self.around.env.encode(start.config)):
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
        purse = self.budget.purse
        if purse is None:
            raise SessionDenied(f"{self.name} has ended")
        try:
            session.service.paid_by(purse, session.donated, session.cost)
            self.sessions[id] = session
            self._notices.forget(id)
            session.service.create(session)
        except BaseException as error:
            if id in self.sessions:
                session.phase = Phase.DENIED
                session.conclude()
            if isinstance(error, InvalidArgs):
                raise SessionDenied(str(error)) from None
            if isinstance(error, SessionDenied):
                self._complain_about(session, str(error))
            raise
        if session.phase is Phase.CREATING:
            self.around.waiting.add(session)
        self.around.changed()
        return self._picked_up(session)

    def session_cap(self, id: int) -> Capability[Session] | None:
        self.pulse.begun = True             # the first thing that any runtime asks for
        session = self.sessions.get(self._environment_id(id))
        if session is None or session.phase in (Phase.CLOSING, Phase.CLOSED):
            raise SessionDenied(f"there is no session of ID {id}" if session is None else
                                f"the {session.service.name} session of ID {id} was closed")
        if session.phase in REFUSED:
            kind, source = _ERRORS.get(session.phase, SessionDenied), session.service.source
            phase, reason = session.phase.value, session.reason
            if not session.environment:
                session.conclude()
                self.around.changed()
            raise kind(reason or f"{source} answered {phase} to the request for {session.service.name}")
        return self._picked_up(session)

    def upgrade(self, id: int, donation: Resources) -> Progress:
        session, purse = self.sessions.get(id), self.budget.purse
        if session is None or purse is None or session.phase is not Phase.HANDED_OUT:
            self.around.complaints.warning(self.name, f"{self.name}: attempt to upgrade session in invalid state")
            self._answered.submit()     # who waits for the upgrade asks then, and is told
            return Progress.PENDING
        purse.take(donation.ram, donation.caps)
        if not session.service.receive(donation):
            purse.give(donation.ram, donation.caps)
            raise OutOfRam(f"{session.service.source} can't be paid any more")
        session.ram, session.caps = session.ram + donation.ram, session.caps + donation.caps
        session.phase = Phase.UPGRADING
        self.around.changed()
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
        self._notices.over(id)
        session = self.sessions.get(id)
        if session is None or session.environment:
            return self._notices.closed(id)
        self.around.changed()
        return self._notices.closed(id) if session.close() else Progress.PENDING

    def ended_session(self) -> int:
        return self._notices.next_ended()

    def lost(self, id: int) -> Resources:
        return self._notices.loss(id)

    def session_changed(self, session: SessionState) -> None:
        self.around.waiting.done(session)
        self.problems.pop("waiting", None)
        if session.reason:
            self._complain_about(session, session.reason)
        if session.environment and not self.program.running:
            self.program.answered(session)
        else:
            self._answered.submit()
        if session.phase is Phase.CLOSED and session.id in self.sessions:
            self._notices.ended(session.id)
        self.around.changed()

    def pay_back(self, session: SessionState, donated: Resources) -> None:
        self._take_back(session, donated, 0)

    def session_over(self, session: SessionState, donated: Resources) -> None:
        self.sessions.pop(session.id, None)
        self._take_back(session, donated, session.cost)

    def _take_back(self, session: SessionState, donated: Resources, cost: int) -> None:
        """From the service as much as it has left of what was donated, and from init the cost of the session."""
        purse = self.budget.purse
        if purse is None or session.environment:
            session.service.pay_back(donated)
            return
        known = session.lost
        returned = session.service.pays_back(purse, Resources(donated.ram - known.ram, donated.caps - known.caps), cost)
        lost = Resources(donated.ram - returned.ram, donated.caps - returned.caps)
        if lost == Resources():
            return
        self._notices.lose(session.id, lost)
        for kind, amount in (("RAM", Bytes(lost.ram)), ("cap", lost.caps)):
            if amount:
                self.around.complaints.warning(
                    self.name, f"{self.name}: could not revert session {kind} quota ({amount}, donated for "
                    f"{session.service.name}, are spent by {session.service.source})")

    # The parent interface, as a server.

    def announce(self, service: str) -> None:
        if service not in self.services:
            self.around.complaints.error(self.name, f"{self.name}: illegal announcement of service \"{service}\"")
            return
        self._announced.add(service)
        if self.around.verbose:
            self.around.complaints.info(self.name, f"child \"{self.name}\" announces service \"{service}\"")

    def session_response(self, id: int, response: Response) -> None:
        session = self.requests.sessions.get(id)
        if session is None:
            return                      # answered before, or none of its own
        self.around.changed()
        if session.phase is Phase.CREATING and response in _ANSWERS:
            self.requests.forget(session)
            session.answered(_ANSWERS[response])
        elif session.phase is Phase.UPGRADING and response is Response.OK:
            self.requests.settled(session)
            session.answered(Phase.HANDED_OUT)
        elif session.phase not in OVER and session.phase is not Phase.CREATING and response is Response.CLOSED:
            self.requests.forget(session)
            session.ended()

    def deliver_session_cap(self, id: int, session: Capability[Session]) -> None:
        state = self.requests.sessions.get(id)
        if state is not None and state.phase is Phase.CREATING:
            self.requests.settled(state)
            state.answered(Phase.AVAILABLE, session)

    # The parent interface, about the child itself.

    def main_thread_cap(self) -> Capability[Thread] | None:
        return self.program.thread

    def resource_avail_sigh(self, context: SignalCap | None) -> None:
        self.budget.available.context = context

    def resource_request(self, wanted: Resources) -> None:
        self.budget.request(wanted)

    def yield_sigh(self, context: SignalCap | None) -> None:
        self.budget.yielding.context = context

    def yield_request(self) -> Resources:
        return self.budget.demanded

    def yield_response(self) -> None:
        self.budget.responded()

    def heartbeat_sigh(self, context: SignalCap | None) -> None:
        self.pulse.signal.context = context

    def heartbeat_response(self) -> None:
        self.pulse.answered()

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
        filtered = filter_priority(fields, service, self.born.priority, self.prio_levels)
        for warning in filtered.warnings:
            self.around.complaints.warning(self.name, warning)
        fields = filter_managing_system(filtered.args, service, self.born.managing_system, environment=False)
        client_label = fields["label"]
        try:
            target, label = self.around.directory.find(self, service, client_label)
        except SessionDenied as error:
            self.problems["denied"] = shown(str(error))
            self.around.changed()
            raise
        fields["label"] = label
        if len(self.sessions) >= MOST_SESSIONS:
            self.around.complaints.warning(self.name, f"{self.name}: has {MOST_SESSIONS} sessions, which is the limit")
            raise SessionDenied(f"{self.name} has {MOST_SESSIONS} sessions, which is the limit: close some")
        if id in self.sessions or id <= EnvSession.LINKER:
            self._conflict(id, service, args)
        return SessionState(self, id, target, client_label, label, fields, ram - SESSION_COST, caps,
                            scale_affinity(self.born.affinity, affinity))

    def _complain_about(self, session: SessionState, reason: str) -> None:
        self.problems["denied"] = text = shown(f"{session.service.source} denied a {session.service.name} session "
                                               f"with label \"{session.label}\": {reason}")
        self.around.complaints.warning(self.name, f"{self.name}: {text}")
        self.around.changed()

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
        if self._content is None:
            raise SessionDenied(f"{self.name} has no inline config any more")
        return ConfigRom(account, self._content)
