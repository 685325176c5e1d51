"""Provides what it needs of another one before it does so."""

from __future__ import annotations

from bastide.base import Env
from bastide.session.hello import HelloSession


def construct(env: Env) -> None:
    hello = HelloSession.connect(env)
    HelloSession.announce(env, lambda request: hello)
