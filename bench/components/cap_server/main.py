"""cap_server: takes capabilities, and forgets them."""

from __future__ import annotations

from typing import Any

from bastide.base import Capability, Env, Session, rpc


class CapBench(Session):
    service, ram_quota, cap_quota = "Cap_bench", "16K", 6

    @rpc
    def take(self, a: int, b: int, cap: Capability[Any]) -> int: ...


class Served(CapBench):
    def take(self, a: int, b: int, cap: Capability[Any]) -> int:
        return a + b


def construct(env: Env) -> None:
    CapBench.announce(env, lambda request: Served())
