"""cap_client: times calls that transfer a capability for the first time: one of a third component, or an own one."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter_ns
from typing import Any

from bastide.base import Capability, Env, Interface, Session, rpc


class CapBench(Session):
    service, ram_quota, cap_quota = "Cap_bench", "16K", 6

    @rpc
    def take(self, a: int, b: int, cap: Capability[Any]) -> int: ...


class Thing(Interface):
    @rpc
    def nothing(self) -> None: ...


class CapOwner(Session):
    service, ram_quota, cap_quota = "Cap_owner", "16K", 6

    @rpc
    def make(self) -> Capability[Thing]: ...

    @rpc
    def drop(self) -> None: ...


class Nothing(Thing):
    def nothing(self) -> None:
        return None


def construct(env: Env) -> None:
    config = env.config.node
    rounds, batches, size = (config.attribute(name, 0) for name in ("rounds", "batches", "size"))
    server, owner = CapBench.connect(env), CapOwner.connect(env)
    for _ in range(rounds):
        delegated, own = [], []
        for _ in range(batches):
            delegated.append(time_transfers(server, [owner.make() for _ in range(size)]))
            owner.drop()
            things = [Nothing() for _ in range(size)]
            own.append(time_transfers(server, [env.ep.manage(thing, env.account) for thing in things]))
            for thing in things:
                env.ep.dissolve(thing)
        env.log("samples delegated", *delegated)
        env.log("samples own", *own)
        env.log("turn")
    env.log("done")


def time_transfers(server: CapBench, caps: Sequence[Capability[Any]]) -> float:
    """Microseconds per call."""
    take = server.take
    begin = perf_counter_ns()
    for cap in caps:
        take(3, 7, cap)
    return round((perf_counter_ns() - begin) / len(caps) / 1000, 4)
