"""The server's half of the session protocol: roots create sessions and keep their books."""

from __future__ import annotations

from collections.abc import Callable
from inspect import isabstract
from typing import Any, Generic, TypeVar

from bastide.base.account import Account
from bastide.base.capability import Capability
from bastide.base.entrypoint import Entrypoint
from bastide.base.errors import InsufficientCaps, InsufficientRam, NotYet, OutOfCaps, OutOfRam
from bastide.base.label import Label
from bastide.base.session import ANYWHERE, Affinity, Session, SessionRequest
from bastide.base.value import Bytes

S = TypeVar("S", bound=Session)

SESSION_COST = 2048
"""RAM that a session object occupies at a server, an estimate on the safe side."""


class Root(Generic[S]):
    """The sessions of one service: creates them on request, keeps their books, and knows those that live.

    Sessions are known by the number that whoever asks for them chose.
    """

    def __init__(self, kind: type[S], create: Callable[[SessionRequest], S]) -> None:
        if isabstract(create):
            missing = ", ".join(sorted(kind.__abstractmethods__ & getattr(create, "__abstractmethods__", frozenset())))
            raise TypeError(f"{create} cannot serve {kind.service}: it lacks {missing}")
        self.service = kind.service
        self._create = create
        self._sessions: dict[int, tuple[S, Account]] = {}
        self.retry: Callable[[], None] = lambda: None
        """Look again at what `create`, `upgrade` or `close` of a session answered by NotYet. Set by the host."""

    def attach(self, ep: Entrypoint) -> None:
        """Serve the sessions at `ep`."""
        self._ep = ep

    @property
    def sessions(self) -> tuple[S, ...]:
        """The sessions that exist now, oldest first."""
        return tuple(session for session, _ in self._sessions.values())

    def __contains__(self, id: int) -> bool:
        return id in self._sessions

    def account(self, id: int) -> Account:
        """What was donated to a session, and what is left of it."""
        return self._sessions[id][1]

    def session(self, id: int, args: dict[str, str], affinity: Affinity = ANYWHERE) -> Capability[Session]:
        """Create a session. Raises SessionDenied, InsufficientRam, InsufficientCaps, NotYet."""
        fields = dict(args)
        ram, caps = Bytes(fields.pop("ram_quota", "0")), int(Bytes(fields.pop("cap_quota", "0")))
        label = Label(fields.pop("label", ""))
        account = Account(self._ep.domain, ram, caps)
        try:
            account.reserve(ram=SESSION_COST)
            session = self._create(SessionRequest(label, account, fields, affinity))
            try:
                cap = self._ep.manage(session, account)
            except (OutOfCaps, OutOfRam):
                session.close()             # it came to life, so it gets the chance to deregister itself
                raise
        except OutOfRam as error:
            account.close()
            raise InsufficientRam(str(error)) from error
        except OutOfCaps as error:
            account.close()
            raise InsufficientCaps(str(error)) from error
        except BaseException:
            account.close()
            raise
        self._sessions[id] = (session, account)
        return cap

    def upgrade(self, id: int, ram: int, caps: int) -> None:
        """Raises NotYet, and then nothing has changed."""
        if id in self._sessions:
            session, account = self._sessions[id]
            account.grow(ram, caps)
            try:
                session.upgrade(ram=ram, caps=caps)
            except NotYet:
                account.grow(-ram, -caps)
                raise

    def close(self, id: int) -> None:
        """End a session: whatever its own `close` does, what it bought is released. Raises NotYet: it goes on."""
        entry = self._sessions.pop(id, None)
        if entry is not None:
            session, account = entry
            try:
                session.close()
            except NotYet:
                self._sessions[id] = entry
                raise
            except BaseException:
                account.close()
                raise
            account.close()


AnyRoot = Root[Any]


def done(ep: Entrypoint, function: Callable[[], object]) -> bool:
    """Let a session handle an upgrade or a close; False: it answered NotYet."""
    late: list[bool] = []

    def handle() -> None:
        try:
            function()
        except NotYet:
            late.append(True)

    ep.activate(handle)
    return not late
