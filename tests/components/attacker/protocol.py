"""Attackers that break the protocol of sessions: children of init, as servers and as clients, and those who meet them.

A function that returns something has a component that stays; the others are done when they return.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from components.contracts import HonestSession

from bastide.base import NotYet, SessionRequest
from bastide.base.environment import Progress, Resources, Response
from bastide.base.session import ANYWHERE
from bastide.session.hello import HelloSession

from .weapons import Attacker

DIED = 7
OTHERS = range(80)
"""Numbers that init or its other children may have given to sessions."""


class Greeter(HelloSession):
    """`instead` says for which of its functions it does something else."""

    def __init__(self, instead: dict[str, Callable[[], object]]) -> None:
        self._instead = instead

    def say_hello(self) -> None:
        self._do("call")

    def add(self, a: int, b: int) -> int:
        return a + b

    def upgrade(self, *, ram: int = 0, caps: int = 0) -> None:
        self._do("upgrade")

    def close(self) -> None:
        self._do("close")

    def _do(self, step: str) -> None:
        self._instead.get(step, lambda: None)()


def _serve(attacker: Attacker, **instead: Callable[[], object]) -> object:
    def create(request: SessionRequest) -> HelloSession:
        instead.get("create", lambda: None)()
        return Greeter(instead)

    return HelloSession.announce(attacker.env, create)


def _die() -> None:
    os._exit(DIED)


def _not_yet() -> None:
    raise NotYet


# Servers that end in the middle.

def dies_before_it_announces(attacker: Attacker) -> None:
    _die()


def dies_when_asked(attacker: Attacker) -> object:
    return _serve(attacker, create=_die)


def dies_when_it_has_answered(attacker: Attacker) -> object:
    parent: Any = attacker.env.parent
    deliver = parent.deliver_session_cap

    def last(id: int, session: Any) -> None:
        deliver(id, session)
        _die()

    parent.deliver_session_cap = last
    return _serve(attacker)


def dies_when_called(attacker: Attacker) -> object:
    return _serve(attacker, call=_die)


def dies_when_upgraded(attacker: Attacker) -> object:
    return _serve(attacker, upgrade=_die)


def dies_when_closed(attacker: Attacker) -> object:
    return _serve(attacker, close=_die)


# Servers that never answer.

def never_announces(attacker: Attacker) -> object:
    return attacker


def never_answers(attacker: Attacker) -> object:
    return _serve(attacker, create=_not_yet)


def never_replies(attacker: Attacker) -> object:
    return _serve(attacker, call=attacker.env.ep.wait_for_io)


def never_upgrades(attacker: Attacker) -> object:
    return _serve(attacker, upgrade=attacker.env.ep.wait_for_io)


def never_closes(attacker: Attacker) -> object:
    return _serve(attacker, close=attacker.env.ep.wait_for_io)


# Servers that answer otherwise than they should.

def answers_twice(attacker: Attacker) -> object:
    """Takes back what it said, and says it again."""
    parent: Any = attacker.env.parent
    deliver, respond = parent.deliver_session_cap, parent.session_response

    def repeatedly(id: int, session: Any) -> None:
        for _ in range(2):
            deliver(id, session)
        for response in (*Response, *Response):
            if response is not Response.CLOSED:
                respond(id, response)

    parent.deliver_session_cap = repeatedly
    return _serve(attacker)


def answers_by_what_is_no_session(attacker: Attacker) -> object:
    parent: Any = attacker.env.parent
    deliver = parent.deliver_session_cap
    parent.deliver_session_cap = lambda id, session: deliver(id, attacker.env.log._session.cap)
    return _serve(attacker)


def announces_what_it_may_not(attacker: Attacker) -> object:
    for service in ("LOG", "ROM", "PD", "Honest", "", "no service"):
        attacker.env.parent.announce(service)
    kept = _serve(attacker)
    attacker.log("announced")
    return kept


# Clients that end in the middle.

def leaves_when_it_has_asked(attacker: Attacker) -> None:
    attacker.env.listen_for_answers()
    attacker.env.parent.session(20, "Hello", "ram_quota=20K, cap_quota=4", ANYWHERE)
    _die()


def leaves_when_it_was_answered(attacker: Attacker) -> None:
    HelloSession.connect(attacker.env)
    _die()


def leaves_when_it_upgrades(attacker: Attacker) -> None:
    session = HelloSession.connect(attacker.env)
    attacker.env.parent.upgrade(session._opened.id, Resources(4096, 1))
    _die()


def leaves_when_it_closes(attacker: Attacker) -> None:
    session = HelloSession.connect(attacker.env)
    attacker.env.parent.close(session._opened.id)
    _die()


# Children that meddle with the affairs of others.

def meddles(attacker: Attacker) -> object:
    """Answers, closes, upgrades, picks up what is not its own. Does the same with a session of its own, in vain not."""
    parent = attacker.env.parent
    picked_up = 0
    for id in OTHERS:
        if id >= 16:
            parent.close(id)
            parent.upgrade(id, Resources(4096, 1))
        for response in Response:
            parent.session_response(id, response)
        parent.deliver_session_cap(id, attacker.env.log._session.cap)
        attacker.quietly(lambda id=id: parent.session_cap(id))     # type: ignore[misc]
    for id in OTHERS:
        picked_up += attacker.quietly(lambda id=id: parent.session_cap(id)) and id > 15     # type: ignore[misc]
    attacker.log(f"picked up {picked_up}")
    own = HonestSession.connect(attacker.env)
    attacker.log(f"its own: {own.serve()}, {parent.close(own._opened.id) in Progress}")
    return attacker


def asks_for_too_much(attacker: Attacker) -> object:
    """Keeps asking for sessions as long as it gets any, and for resources as long as it likes."""
    denied, parent = 0, attacker.env.parent
    for id in range(100, 1500):
        denied += not attacker.quietly(
            lambda id=id: parent.session(id, "Hello", "ram_quota=80, cap_quota=0", ANYWHERE))   # type: ignore[misc]
    for _ in range(300):
        parent.resource_request(Resources(1 << 62, 1 << 62))
    attacker.log(f"asked, denied {denied > 0}")
    return attacker


# Who meets them.

def honest_greeter(attacker: Attacker) -> object:
    return _serve(attacker)


def visitor(attacker: Attacker) -> None:
    """A client that takes each step of a session, and goes on whatever comes of it."""
    opened: list[HelloSession] = []
    attacker.attempt("session", lambda: opened.append(HelloSession.connect(attacker.env)))
    if opened:
        session, = opened
        attacker.attempt("call", session.say_hello)
        attacker.attempt("sum", lambda: session.add(2, 5))
        attacker.attempt("upgrade", lambda: session.upgrade(ram=4096))
        attacker.attempt("close", session.close)
    attacker.log("going on")


def honest_server(attacker: Attacker) -> object:
    class Served(HonestSession):
        def serve(self) -> str:
            return "served"

    return HonestSession.announce(attacker.env, lambda request: Served())


def honest_client(attacker: Attacker) -> None:
    with HonestSession.connect(attacker.env) as honest:
        attacker.log(honest.serve())


def one(attacker: Attacker) -> None:
    """A child of somebody who was attacked."""
    attacker.log("here")


two = last = one
