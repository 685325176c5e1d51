"""Clients of hostile servers: what they get is an answer or an IpcError."""

from __future__ import annotations

from components.contracts import Echo

from bastide.base import Capability, IpcError

from .weapons import Attacker


def ask(attacker: Attacker) -> None:
    """Calls a server that does as it likes, until it answers properly."""
    server, errors = attacker.echo("hostile"), 0
    while True:
        try:
            answer = server.echo("question")
        except IpcError:
            errors += 1
            continue
        attacker.log(f"{errors} errors, then {answer!r}")
        return


def ask_once(attacker: Attacker) -> None:
    attacker.attempt("call", lambda: attacker.echo("hostile").echo("question"))
    attacker.attempt("call again", lambda: attacker.echo("hostile").echo("question"))


def take_forged(attacker: Attacker) -> None:
    """Gets capabilities from a server that made them up, and tries them."""
    native = attacker.transport.call(attacker.take("hostile").handle, b"forged")
    own = attacker.env.parent.cap.handle
    for handle in native[1]:
        if handle is None:
            attacker.log("invalid")
            continue
        attacker.log(f"equal: {handle == own}")
        attacker.attempt("use", lambda handle=handle: Capability[Echo](  # type: ignore[misc]
            handle, Echo, attacker.transport).client().echo("x"))
