"""spawn_child: tells its parent when it came to life."""

from __future__ import annotations

from time import perf_counter_ns

from bastide.base import Env, Session, rpc


class Mark(Session):
    service, ram_quota, cap_quota = "Mark", "8K", 4

    @rpc
    def constructed(self, nanoseconds: int) -> None: ...


class Main:
    def __init__(self, env: Env) -> None:
        born = perf_counter_ns()
        self.session = Mark.connect(env)
        self.session.constructed(born)


construct = Main
