"""Services that init offers to its own parent: its children serve them, as the `service` nodes of the config say.

Requests arrive in the ROM `session_requests`, which always shows all that are open. One that has no server yet simply
stays there, and is looked at again whenever things change; one that no policy allows is denied. A donation is paid to
init by the parent, and by init to the child, and comes back the same way.
"""

from __future__ import annotations

from collections.abc import Iterable

from bastide.base import Affinity, BastideError, Bytes, Env, InvalidNode, Node, Rom, SessionDenied, SignalHandler
from bastide.base import args as session_args
from bastide.base.environment import Resources, Response
from bastide.base.errors import InvalidArgs
from bastide.base.services import affinity_of
from bastide.init.complaints import Complaints, shown
from bastide.init.config import Forward, ServiceNode
from bastide.init.directory import Directory
from bastide.init.services import ChildService
from bastide.init.session_state import REFUSED, SESSION_COST, Phase, SessionState

_RESPONSES = {Phase.DENIED: Response.DENIED, Phase.INSUFFICIENT_RAM: Response.INSUFFICIENT_RAM,
              Phase.INSUFFICIENT_CAPS: Response.INSUFFICIENT_CAPS, Phase.CLOSED: Response.CLOSED}


class Exports:
    """What the parent asked for, by the numbers that it gave."""

    def __init__(self, env: Env, directory: Directory, complaints: Complaints) -> None:
        self._env, self._directory, self._complaints = env, directory, complaints
        self._services: dict[str, ServiceNode] = {}
        self._announced: set[str] = set()
        self._open: dict[int, Exported] = {}
        self._requests: Rom | None = None
        self._changed: SignalHandler | None = None

    def follow(self, services: Iterable[ServiceNode]) -> None:
        """Offer what a new config says: sessions that are to go elsewhere now, or nowhere, are closed."""
        self._services = {service.name: service for service in services}
        for exported in list(self._open.values()):
            exported.keep_only_if(self._route(exported.service, exported.label))
        if self._services and self._requests is None and not self._listen():
            return
        for name in self._services.keys() - self._announced:
            self._announced.add(name)
            self._env.parent.announce(name)
        self.look()

    def look(self) -> None:
        """Look at the requests of the parent, for there may be new ones, or new children to serve them."""
        if self._requests is None:
            return
        self._requests.update()
        try:
            requests = self._requests.node
        except InvalidNode as error:
            self._env.log.error(f"session requests can't be read: {error}")
            return
        for request in requests.sub_nodes("upgrade", "close", "create"):
            id = request.value("id", -1)
            exported = self._open.get(id)
            if request.type == "create" and exported is None:
                self._create(id, request)
            elif request.type == "upgrade" and exported is not None:
                exported.upgrade(Resources(request.value("ram_quota", 0), request.value("cap_quota", 0)))
            elif request.type == "close" and exported is not None:
                exported.close()

    def over(self, exported: Exported, response: Response | None) -> None:
        """It ended at the server, and its quota is back. Without response, the request is as new."""
        del self._open[exported.id]
        if response is None:
            self._env.ep.defer(self.look)
        else:
            self._env.parent.session_response(exported.id, response)

    def warn(self, text: str) -> None:
        self._complaints.warning("", text)

    @property
    def env(self) -> Env:
        return self._env

    def _listen(self) -> bool:
        try:
            self._requests = Rom(self._env, "session_requests", trusted=True)
            self._changed = SignalHandler(self._env, self.look)
            self._requests.sigh(self._changed.cap)
        except BastideError as error:
            self._env.log.error(f"services can't be offered to the parent: {error}")
        return self._changed is not None

    def _create(self, id: int, request: Node) -> None:
        service = request.value("service", "")
        if service not in self._services:
            return                          # perhaps one day, or by somebody else in this component
        try:
            fields = session_args.parse(next((node.text for node in request.sub_nodes("args")), ""))
            ram, caps = Bytes(fields.get("ram_quota", "0")), int(Bytes(fields.get("cap_quota", "0")))
        except (InvalidArgs, ValueError) as error:
            self._deny(id, Response.DENIED, f"the request {id} of the parent can't be read: {error}")
            return
        label = fields.get("label", "")
        if self._services[service].forward(label) is None:
            self._deny(id, Response.DENIED, f"the parent asks for {service} with label \"{label}\", for which the "
                       f"service node at {self._services[service].place} has no policy")
            return
        found = self._route(service, label)
        if found is None or not found[0].present:
            return                          # it may come
        if ram < SESSION_COST:
            self._env.parent.session_response(id, Response.INSUFFICIENT_RAM)
            return
        args = fields | {"label": found[1], "ram_quota": str(int(ram - SESSION_COST))}
        exported = self._open[id] = Exported(self, id, service, label)
        exported.create(*found, args, Resources(ram - SESSION_COST, caps), affinity_of(request))

    def _deny(self, id: int, response: Response, why: str) -> None:
        self.warn(why)
        self._env.parent.session_response(id, response)

    def _route(self, service: str, label: str) -> tuple[ChildService, str] | None:
        """The service that is to serve a request, and the label that it gets to see."""
        node = self._services.get(service)
        forward: Forward | None = None if node is None else node.forward(label)
        if forward is None:
            return None
        found = self._directory.service_of(forward.child, service)
        return None if found is None else (found, label if forward.label is None else forward.label)


class Exported:
    """One session of the parent. Implements `Client` of its state."""

    def __init__(self, exports: Exports, id: int, service: str, label: str) -> None:
        self._exports, self.id, self.service, self.label = exports, id, service, label
        self._session: SessionState
        self._delivered = False

    def create(self, service: ChildService, label: str, args: dict[str, str], donated: Resources,
               affinity: Affinity) -> None:
        session = self._session = SessionState(self, self.id, service, self.label, label, args, donated.ram,
                                               donated.caps, affinity)
        if not service.receive(donated):
            self._exports.warn(f"unable to transfer session quota ({donated.ram} bytes, {donated.caps} caps) of "
                               f"forwarded {self.service} session")
            session.ram = session.caps = 0
            session.phase = Phase.DENIED
            session.conclude()
            return
        try:
            service.create(session)
        except (SessionDenied, InvalidArgs) as error:
            self._exports.warn(shown(f"forwarded {self.service} session denied: {error}"))
            session.phase = Phase.DENIED
            session.conclude()

    def keep_only_if(self, found: tuple[ChildService, str] | None) -> None:
        """Close the session unless that is where it is."""
        if found != (self._session.service, self._session.label):
            self._session.close()

    def upgrade(self, amount: Resources) -> None:
        session = self._session
        if session.phase is not Phase.HANDED_OUT:
            return                          # it is on the way, or not possible any more
        if not session.service.receive(amount):
            self._exports.warn(f"unable to upgrade session quota ({amount.ram} bytes, {amount.caps} caps) of "
                               f"forwarded {self.service} session")
            self._exports.env.parent.session_response(self.id, Response.OK)
            return
        session.ram, session.caps = session.ram + amount.ram, session.caps + amount.caps
        session.phase = Phase.UPGRADING
        session.service.upgrade(session, amount)

    def close(self) -> None:
        self._session.close()

    def session_changed(self, session: SessionState) -> None:
        """The server answered."""
        parent = self._exports.env.parent
        if session.client is None:
            return                          # it is over, which was told already
        if session.phase is Phase.AVAILABLE and session.cap is not None:
            session.phase = Phase.HANDED_OUT
            self._delivered = True
            parent.deliver_session_cap(self.id, session.cap)
        elif session.phase is Phase.HANDED_OUT:
            parent.session_response(self.id, Response.OK)
        elif session.phase is Phase.CLOSED or session.phase in REFUSED:
            session.conclude()

    def pay_back(self, session: SessionState, donated: Resources) -> None:
        session.service.pay_back(donated)

    def session_over(self, session: SessionState, donated: Resources) -> None:
        service = session.service
        service.pay_back(donated)
        gone = isinstance(service, ChildService) and not service.present
        refused = session.phase in REFUSED and not gone and not session.unwanted
        self._exports.over(self, _RESPONSES[session.phase] if self._delivered or refused else None)
