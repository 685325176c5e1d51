"""Services of init's parent. Some servers out there take their time, and init must not wait with them.

A request that the parent does not answer at once stays pending; when the parent tells that it has answered something,
init looks at all that is pending. So a server that never answers keeps from its work who asked it, and nobody else.
What init can't pay at the moment is asked for again when the parent gave more.
"""

from __future__ import annotations

from bastide.base import (
    BastideError,
    Env,
    IpcError,
    OutOfCaps,
    OutOfRam,
    SessionDenied,
    SignalHandler,
)
from bastide.base.environment import Progress, Resources
from bastide.init.complaints import shown
from bastide.init.services import KeptByInit
from bastide.init.session_state import Phase, SessionState, refusal


class Outside:
    """What is pending at the parent."""

    def __init__(self, env: Env) -> None:
        self._env = env
        self._open: dict[int, SessionState] = {}
        self._pending: dict[SessionState, None] = {}
        self._unpaid: dict[SessionState, None] = {}
        self._answered: SignalHandler | None = None

    def request(self, session: SessionState) -> None:
        """Raises what the parent answers at once, and InvalidArgs."""
        parent, number, text = self._env.parent, self._env.session_id(), session.args_text
        self._env.listen_for_answers()
        try:
            cap = parent.session(number, session.service.name, text, session.affinity)
        except (OutOfRam, OutOfCaps) as error:
            self._env.log.error(shown(f"{self._env.name} itself lacks the quota to ask its parent for "
                                      f"{session.service.name} with label \"{session.label}\", waiting for more: "
                                      f"{error}"))
            self._unpaid[session] = None
            parent.resource_request(session.donated)
            return
        except IpcError:
            session.number, session.unwanted = number, True
            if self.close(session):
                raise SessionDenied(
                    f"the server of {session.service.name} is gone that just opened the session") from None
            return
        session.number = number
        self._open[number] = session
        if cap is None:
            self._wait_for(session)
        else:
            session.cap, session.phase = cap, Phase.AVAILABLE

    def upgrade(self, session: SessionState, amount: Resources) -> None:
        if self._env.parent.upgrade(session.number, amount) is Progress.PENDING:
            self._wait_for(session)
        else:
            session.phase = Phase.HANDED_OUT

    def close(self, session: SessionState) -> bool:
        """Whether it is closed already."""
        self._unpaid.pop(session, None)
        number, parent = session.number, self._env.parent
        progress = parent.close(number) if number else Progress.DONE
        if progress is Progress.PENDING:
            self._wait_for(session)
            return False
        if progress is Progress.SHORT:
            session.lost = parent.lost(number)
        self._pending.pop(session, None)
        self._open.pop(number, None)
        return True

    def retry(self) -> None:
        """The parent gave more."""
        unpaid, self._unpaid = self._unpaid, {}
        for session in unpaid:
            try:
                self.request(session)
            except BastideError as error:
                session.answered(refusal(error), reason=str(error))
            else:
                if session.phase is Phase.AVAILABLE:
                    session.answered(Phase.AVAILABLE)

    def _wait_for(self, session: SessionState) -> None:
        self._pending[session] = None
        if self._answered is None:
            self._answered = SignalHandler(self._env, self._look)
            self._env.listen_for_answers(self._answered)

    def _look(self) -> None:
        while number := self._env.parent.ended_session():
            session = self._open.get(number)
            if session is not None and self.close(session):
                session.ended()
        for session in list(self._pending):
            if session in self._pending:        # else an answer to another one ended it
                self._look_at(session)

    def _look_at(self, session: SessionState) -> None:
        if session.phase is not Phase.CLOSING and not session.unwanted:
            try:
                cap = self._env.parent.session_cap(session.number)
            except BastideError as error:
                if session.phase is Phase.CREATING and not isinstance(error, IpcError):
                    del self._pending[session], self._open[session.number]
                    session.answered(refusal(error), reason=str(error))
                    return
                session.unwanted = True             # it is open at the parent, but its server is gone
            else:
                if cap is not None:
                    del self._pending[session]
                    session.answered(Phase.HANDED_OUT if session.phase is Phase.UPGRADING else Phase.AVAILABLE, cap)
                return
        if self.close(session):
            session.answered(Phase.CLOSED)


class ParentService(KeptByInit):
    """A service of the parent. Two of the same name are the same one."""

    source = "parent"

    def __init__(self, outside: Outside, name: str) -> None:
        self._outside, self.name = outside, name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ParentService) and (self._outside, self.name) == (other._outside, other.name)

    def __hash__(self) -> int:
        return hash(self.name)

    def create(self, session: SessionState) -> None:
        self._outside.request(session)

    def upgrade(self, session: SessionState, amount: Resources) -> None:
        self._outside.upgrade(session, amount)

    def close(self, session: SessionState) -> None:
        if self._outside.close(session):
            session.phase = Phase.CLOSED

    def withdraw(self, session: SessionState) -> bool:
        return self._outside.close(session)
