"""A well-behaved client of `echo_server`, which tells whether it got all its answers."""

from __future__ import annotations

from components.contracts import BoardSession, Echo

from bastide.base import Capability, Env

CALLS = 100


def construct(env: Env) -> None:
    found = BoardSession.connect(env).take("echo_server")
    assert found is not None
    echo = Capability[Echo](found.handle, Echo, env.kernel).client()
    answers = sum(echo.echo(f"call {n}") == f"call {n}" for n in range(CALLS))
    env.log("all answered" if answers == CALLS else f"{answers} of {CALLS} answered")
    env.exit()
