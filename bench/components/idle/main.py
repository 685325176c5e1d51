"""idle: a component that is there, and does nothing."""

from __future__ import annotations

from bastide.base import Env


def construct(env: Env) -> None: ...
