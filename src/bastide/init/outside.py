"""Services of init's parent. Some servers out there take their time, and init must not wait with them.

A request that the parent does not answer at once stays pending; when the parent tells that it has answered something,
init looks at all that is pending. So a server that never answers keeps from its work who asked it, and nobody else.
"""

from __future__ import annotations

from bastide.base import Env, InsufficientCaps, InsufficientRam, OutOfCaps, OutOfRam, SessionDenied, SignalHandler
from bastide.base.environment import Progress, Resources
from bastide.init.services import KeptByInit
from bastide.init.session_state import Phase, SessionState


class Outside:
    """What is pending at the parent."""

    def __init__(self, env: Env) -> None:
        self.env = env
        self._pending: dict[int, SessionState] = {}
        env.listen_for_answers(SignalHandler(env, self._look))

    def wait_for(self, session: SessionState) -> None:
        """The session goes on when the parent has answered."""
        self._pending[session.number] = session

    def _look(self) -> None:
        for number, session in list(self._pending.items()):
            if self._pending.get(number) is session and (phase := self._answer(number, session)) is not None:
                del self._pending[number]
                session.answered(phase)

    def _answer(self, number: int, session: SessionState) -> Phase | None:
        """The next phase of a session; None if there is no answer yet."""
        parent = self.env.parent
        if session.phase is Phase.CLOSING or session.unwanted:
            return Phase.CLOSED if parent.close(number) is Progress.DONE else None
        try:
            cap = parent.session_cap(number)
        except InsufficientRam:
            return Phase.INSUFFICIENT_RAM
        except InsufficientCaps:
            return Phase.INSUFFICIENT_CAPS
        except SessionDenied:
            return Phase.DENIED
        if cap is None:
            return None
        if session.phase is Phase.UPGRADING:
            return Phase.HANDED_OUT
        session.cap = cap
        return Phase.AVAILABLE


class ParentService(KeptByInit):
    source = "parent"

    def __init__(self, outside: Outside, name: str) -> None:
        self._outside, self._env, self.name = outside, outside.env, name

    def create(self, session: SessionState) -> None:
        session.number = number = self._env.session_id()
        parent = self._env.parent
        try:
            session.cap = parent.session(number, self.name, session.args_text, session.affinity)
        except (OutOfRam, OutOfCaps) as error:
            parent.resource_request(session.donated)
            raise SessionDenied(f"{self._env.name} itself lacks the quota to ask its parent for "
                                f"{self.name}: {error}") from None
        if session.cap is None:
            self._outside.wait_for(session)
        else:
            session.phase = Phase.AVAILABLE

    def upgrade(self, session: SessionState, amount: Resources) -> None:
        if self._env.parent.upgrade(session.number, amount) is Progress.DONE:
            session.phase = Phase.HANDED_OUT
        else:
            self._outside.wait_for(session)

    def close(self, session: SessionState) -> None:
        if self._env.parent.close(session.number) is Progress.DONE:
            session.phase = Phase.CLOSED
        else:
            self._outside.wait_for(session)

    def withdraw(self, session: SessionState) -> bool:
        return self._env.parent.close(session.number) is Progress.DONE
