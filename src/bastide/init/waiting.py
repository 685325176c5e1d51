"""Who waits for a service: what a server has not answered within a second is told, once, and shown until it is.

Most requests are answered at once, so that all this costs them is an entry in a table. The alarm rings as long as there
is something in it.
"""

from __future__ import annotations

from collections.abc import Callable

from bastide.base import Duration, Entrypoint, seconds
from bastide.init.session_state import Phase, SessionState

PATIENCE = seconds(1)


class Waiting:
    """`late` is told of each session that its server has not answered."""

    def __init__(self, ep: Entrypoint, late: Callable[[SessionState], None]) -> None:
        self._ep, self._late = ep, late
        self._since: dict[SessionState, Duration] = {}
        self._ringing = False

    def add(self, session: SessionState) -> None:
        """The request was passed to its server."""
        self._since[session] = now = self._ep.now()
        if not self._ringing:
            self._ringing = True
            self._ep.alarm(Duration(now + PATIENCE), self._look)

    def done(self, session: SessionState) -> None:
        self._since.pop(session, None)
        if self._ringing and not self._since:       # with an alarm, each wait for a message takes longer
            self._ringing = False
            self._ep.alarm(None, self._look)

    def _look(self) -> None:
        now = self._ep.now()
        for session, since in list(self._since.items()):
            if session.phase is not Phase.CREATING or session.client is None:
                del self._since[session]
            elif since + PATIENCE > now:
                break                       # and so are all behind it
            else:
                del self._since[session]
                self._late(session)
        self._ringing = bool(self._since)
        if self._ringing:
            self._ep.alarm(Duration(next(iter(self._since.values())) + PATIENCE), self._look)
