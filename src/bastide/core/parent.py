"""Core as the parent of init: its requests meet core's own services, at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count

from bastide.base import (
    Affinity,
    Capability,
    Label,
    OutOfCaps,
    OutOfRam,
    Session,
    SessionDenied,
    SignalCap,
)
from bastide.base import args as session_args
from bastide.base.environment import EnvSession, Parent, Progress, Resources, Response, Thread
from bastide.base.errors import InvalidArgs
from bastide.base.root import AnyRoot
from bastide.base.value import Bytes
from bastide.core.clients import Clients
from bastide.core.ledger import LedgerAccount

FIRST_NUMBER = 16
"""Of sessions that init asks for, at core's roots. Lower numbers are those that core opened for init."""


@dataclass
class _Open:
    root: AnyRoot
    number: int
    cap: Capability[Session]
    donated: Resources


class Core(Parent):
    """What init holds of core. `roots` are core's services by name, `treasury` is core's own account."""

    def __init__(self, name: str, roots: Mapping[str, AnyRoot], treasury: LedgerAccount, account: LedgerAccount,
                 clients: Clients | None, exited: Callable[[int], None]) -> None:
        """`clients` asks the child for services, if anybody does."""
        self._clients = clients
        self._name, self._roots, self._treasury, self._account = name, roots, treasury, account
        self._exited = exited
        self._sessions: dict[int, _Open] = {}
        self._environment: dict[int, Capability[Session]] = {}
        self._numbers = count(FIRST_NUMBER)

    def keep(self, id: EnvSession, cap: Capability[Session]) -> None:
        """Environment sessions, which core opened before init came to life."""
        self._environment[id] = cap

    def exit(self, value: int) -> None:
        self._exited(value)

    def session(self, id: int, service: str, args: str, affinity: Affinity) -> Capability[Session] | None:
        if id in self._sessions or id in self._environment:
            raise SessionDenied(f"session ID {id} is in use")
        root = self._roots.get(service)
        if root is None:
            raise SessionDenied(f"core provides no service '{service}'; it provides {', '.join(sorted(self._roots))}")
        try:
            fields = session_args.parse(args)
            donated = Resources(Bytes(fields.get("ram_quota", "0")), int(Bytes(fields.get("cap_quota", "0"))))
        except (ValueError, InvalidArgs) as error:
            raise SessionDenied(f"malformed session arguments: {error}") from None
        fields["label"] = Label(self._name + " -> " + fields.get("label", ""))
        self._donate(donated)
        try:
            number = next(self._numbers)
            cap = root.session(number, fields, affinity)
        except BaseException:
            self._treasury.transfer(self._account, donated.ram, donated.caps)
            raise
        self._sessions[id] = _Open(root, number, cap, donated)
        return cap

    def session_cap(self, id: int) -> Capability[Session] | None:
        if id in self._environment:
            return self._environment[id]
        if id not in self._sessions:
            raise SessionDenied(f"there is no session of ID {id}")
        return self._sessions[id].cap

    def session_sigh(self, context: SignalCap | None) -> None:
        """Core answers at once."""

    def upgrade(self, id: int, donation: Resources) -> Progress:
        if (session := self._sessions.get(id)) is not None:
            self._donate(donation)
            before = session.donated
            session.donated = Resources(before.ram + donation.ram, before.caps + donation.caps)
            session.root.upgrade(session.number, donation.ram, donation.caps)
        return Progress.DONE

    def close(self, id: int) -> Progress:
        if (session := self._sessions.pop(id, None)) is not None:
            session.root.close(session.number)
            self._treasury.transfer(self._account, session.donated.ram, session.donated.caps)
        return Progress.DONE

    def close_all(self) -> None:
        for id in reversed(list(self._sessions)):
            self.close(id)

    def _donate(self, amount: Resources) -> None:
        available = self._account.ram_avail, self._account.caps.avail
        if amount.ram > available[0] or amount.ram < 0:
            raise OutOfRam(f"{amount.ram} bytes to donate, {Bytes(available[0])} left")
        if amount.caps > available[1] or amount.caps < 0:
            raise OutOfCaps(f"{amount.caps} capabilities to donate, {available[1]} left")
        self._account.transfer(self._treasury, amount.ram, amount.caps)

    def announce(self, service: str) -> None:
        """Whoever asks will see that it is there by the answer."""

    def session_response(self, id: int, response: Response) -> None:
        if self._clients is not None:
            self._clients.responded(id, response)

    def deliver_session_cap(self, id: int, session: Capability[Session]) -> None:
        if self._clients is not None:
            self._clients.delivered(id, session)

    # What only a parent with children of its own, or one that trades quota, has a use for.

    def main_thread_cap(self) -> Capability[Thread] | None:
        return None

    def resource_avail_sigh(self, context: SignalCap | None) -> None: ...

    def resource_request(self, wanted: Resources) -> None:
        """Core has given everything already."""

    def yield_sigh(self, context: SignalCap | None) -> None: ...

    def yield_request(self) -> Resources:
        return Resources()

    def yield_response(self) -> None: ...

    def heartbeat_sigh(self, context: SignalCap | None) -> None: ...

    def heartbeat_response(self) -> None: ...

    def ended_session(self) -> int:
        """Core's services end no session."""
        return 0

    def lost(self, id: int) -> Resources:
        """Core's services spend nothing."""
        return Resources()
