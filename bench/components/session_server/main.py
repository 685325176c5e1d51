"""session_server: a service whose sessions do nothing but exist."""

from __future__ import annotations

from bastide.base import Env, Session


class EmptySession(Session):
    service = "Empty"


def construct(env: Env) -> None:
    EmptySession.announce(env, lambda request: EmptySession())
