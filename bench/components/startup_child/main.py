"""startup_child: says that it came to life."""

from __future__ import annotations

from bastide.base import Env


def construct(env: Env) -> None:
    env.log("here")
