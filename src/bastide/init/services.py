"""Where sessions come from, behind one small interface: children, the program around the sandbox, init itself.

A service answers at once, or leaves the phase as it is and calls `SessionState.answered` later. What it is paid stays
with it until it is asked to pay back. This file knows neither routes nor who the clients are; the services of init's
parent are in `outside`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Protocol

from bastide.base import (
    Account,
    BastideError,
    Env,
    InsufficientCaps,
    InsufficientRam,
    NotYet,
    OutOfCaps,
    OutOfRam,
    SessionDenied,
)
from bastide.base.environment import Resources, RomSession
from bastide.base.root import AnyRoot, done
from bastide.init.purse import Purse
from bastide.init.requests import RequestTable
from bastide.init.session_state import Phase, SessionState, refusal

if TYPE_CHECKING:
    from bastide.init.budget import Budget

ROM_COST = 512
"""RAM that a ROM session of init's own costs beside its content, an estimate on the safe side."""


class Service(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def source(self) -> str:
        """Who serves it, for messages."""

    def receive(self, amount: Resources) -> bool:
        """Pay the service, from what init has. False: it can't be paid any more."""

    def pay_back(self, amount: Resources) -> Resources:
        """Init gets it back, or as much as there is left."""

    def paid_by(self, client: Purse, amount: Resources, cost: int) -> None:
        """The client pays the service, and the cost to init: both or nothing. Raises SessionDenied, OutOfRam..."""

    def pays_back(self, client: Purse, amount: Resources, cost: int) -> Resources:
        """The client gets it back, or as much as there is left, and the cost from init. The result tells."""

    def create(self, session: SessionState) -> None:
        """Raises SessionDenied, InsufficientRam, InsufficientCaps."""

    def upgrade(self, session: SessionState, amount: Resources) -> None:
        """The amount has been paid, and is part of what the session donated. Raises OutOfRam, OutOfCaps."""

    def close(self, session: SessionState) -> None: ...

    def withdraw(self, session: SessionState) -> bool:
        """Take back a request to create. False: it may have been seen, so that an answer is to be waited for."""

    def holdup(self, session: SessionState) -> str:
        """Why a request was not answered yet, as far as one can tell."""


class KeptByInit:
    """Services that are paid from init's own account: the money is there already, and comes back to it."""

    def holdup(self, session: SessionState) -> str:
        return "which has not answered"

    def receive(self, amount: Resources) -> bool:
        return True

    def pay_back(self, amount: Resources) -> Resources:
        return amount

    def paid_by(self, client: Purse, amount: Resources, cost: int) -> None:
        client.take(amount.ram + cost, amount.caps)

    def pays_back(self, client: Purse, amount: Resources, cost: int) -> Resources:
        client.give(amount.ram + cost, amount.caps)
        return amount


class Server(Protocol):
    """A child that provides services."""

    requests: RequestTable
    budget: Budget

    @property
    def name(self) -> str: ...

    @property
    def ended(self) -> bool: ...

    @property
    def incomplete(self) -> bool: ...

    def announces(self, service: str) -> bool: ...


class ChildService:
    """A service that a child may announce. Its requests wait in the table of the child, also before it announces."""

    def __init__(self, name: str, server: Server) -> None:
        self.name, self._server, self._requests = name, server, server.requests
        self.source = f'child "{server.name}"'

    @property
    def present(self) -> bool:
        """Whether the server has a domain, and so can be paid and asked."""
        return self._server.budget.purse is not None

    def receive(self, amount: Resources) -> bool:
        purse = self._server.budget.purse
        return purse is not None and purse.give(amount.ram, amount.caps)

    def pay_back(self, amount: Resources) -> Resources:
        purse = self._server.budget.purse       # None: the server is gone, and all that it had returned to init by that
        return amount if purse is None else purse.take_back(amount)

    def paid_by(self, client: Purse, amount: Resources, cost: int) -> None:
        purse = self._server.budget.purse
        if purse is None:
            raise SessionDenied(f"{self.source} provided it, but has ended" if self._server.ended else
                                f"{self.source} provides it, but could not be started")
        client.pay(purse, amount, cost)

    def pays_back(self, client: Purse, amount: Resources, cost: int) -> Resources:
        purse = self._server.budget.purse
        if purse is not None:
            try:
                purse.pay(client, amount, -cost)
                return amount
            except BastideError:            # the server spent it, or one of both is about to end
                amount = purse.take_back(amount)
        client.give(amount.ram + cost, amount.caps)
        return amount

    def create(self, session: SessionState) -> None:
        self._requests.create(session)

    def upgrade(self, session: SessionState, amount: Resources) -> None:
        self._requests.upgrade(session, amount)

    def close(self, session: SessionState) -> None:
        self._requests.close(session)

    def withdraw(self, session: SessionState) -> bool:
        return self._requests.withdraw(session)

    def holdup(self, session: SessionState) -> str:
        if self._server.incomplete:
            return "which could not be started"
        if not self._server.announces(self.name):
            return "which has not announced it"
        return "which has not answered" if self._requests.seen(session) else "which has not looked at the request"


class LocalService(KeptByInit):
    """A service of the program around the sandbox: the root that could be announced to the parent as well."""

    source = "local"

    def __init__(self, env: Env, root: AnyRoot) -> None:
        self._env, self._root, self.name = env, root, root.service
        self._numbers = count(1)
        self._waiting: dict[SessionState, None] = {}
        root.attach(env.ep)
        root.retry = lambda: env.ep.defer(self._retry)

    def create(self, session: SessionState) -> None:
        session.number = session.number or next(self._numbers)
        try:
            session.cap = self._root.session(session.number, session.args, session.affinity)
        except NotYet:
            self._waiting[session] = None
        except (SessionDenied, InsufficientRam, InsufficientCaps):
            raise
        except Exception as error:      # whatever the code of a session raises, its client gets an answer
            self._env.report(error)
            raise SessionDenied(f"the local service {self.name} failed") from None
        else:
            session.phase = Phase.AVAILABLE

    def upgrade(self, session: SessionState, amount: Resources) -> None:
        session.upgrade = amount
        if self._settled(session):
            session.phase = Phase.HANDED_OUT

    def close(self, session: SessionState) -> None:
        session.upgrade = None              # it does not matter any more
        if self._settled(session):
            session.phase = Phase.CLOSED

    def withdraw(self, session: SessionState) -> bool:
        self._waiting.pop(session, None)
        return True

    def _retry(self) -> None:
        waiting, self._waiting = self._waiting, {}
        for session in waiting:
            if session.phase is Phase.CREATING:
                self._create_again(session)
            elif self._settled(session):
                session.answered(Phase.CLOSED if session.phase is Phase.CLOSING else Phase.HANDED_OUT)

    def _settled(self, session: SessionState) -> bool:
        """Whether the session did what was asked of it. If not, it is asked again."""
        number, amount = session.number, session.upgrade
        if done(self._env.ep, partial(self._root.close, number) if amount is None else
                partial(self._root.upgrade, number, amount.ram, amount.caps)):
            self._waiting.pop(session, None)
            return True
        self._waiting[session] = None
        return False

    def _create_again(self, session: SessionState) -> None:
        try:
            self.create(session)
        except (SessionDenied, InsufficientRam, InsufficientCaps) as error:
            session.answered(refusal(error), reason=str(error))
        else:
            if session.phase is Phase.AVAILABLE:
                session.answered(Phase.AVAILABLE)


class RomService(KeptByInit):
    """ROM sessions that init serves itself to one child. The donation of a session pays for its content."""

    name, source = "ROM", "local"

    def __init__(self, env: Env, make: Callable[[Account], RomSession]) -> None:
        self._env, self._make = env, make
        self._open: dict[SessionState, tuple[Account, RomSession]] = {}

    @property
    def sessions(self) -> Collection[RomSession]:
        return [rom for _, rom in self._open.values()]

    def create(self, session: SessionState) -> None:
        account = Account(self._env.domain, session.ram, session.caps)
        try:
            account.reserve(ram=ROM_COST)
            rom = self._make(account)
            session.cap = self._env.ep.manage(rom, account)
        except BaseException as error:
            account.close()
            if isinstance(error, OutOfRam):
                raise InsufficientRam(str(error)) from None
            if isinstance(error, OutOfCaps):
                raise InsufficientCaps(str(error)) from None
            raise
        self._open[session] = account, rom
        session.phase = Phase.AVAILABLE

    def upgrade(self, session: SessionState, amount: Resources) -> None:
        self._open[session][0].grow(amount.ram, amount.caps)
        session.phase = Phase.HANDED_OUT

    def close(self, session: SessionState) -> None:
        account, rom = self._open.pop(session)
        rom.close()
        account.close()
        session.phase = Phase.CLOSED

    def withdraw(self, session: SessionState) -> bool:
        return True
