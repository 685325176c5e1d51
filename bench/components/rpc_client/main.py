"""rpc_client: times calls to rpc_server while others use the same entrypoint."""

from __future__ import annotations

from time import perf_counter_ns

from bastide.base import Env, Session, SignalCap, rpc


class RpcBench(Session):
    service, ram_quota, cap_quota = "Rpc_bench", "16K", 6

    @rpc
    def add(self, a: int, b: int, text: str) -> int: ...

    @rpc
    def load(self, context: SignalCap) -> SignalCap: ...

    @rpc
    def loads(self) -> int: ...

    @rpc
    def served(self) -> int: ...


def construct(env: Env) -> None:
    config = env.config.node
    rounds, batches, size = (config.attribute(name, 0) for name in ("rounds", "batches", "size"))
    session = RpcBench.connect(env)
    while session.loads() < config.attribute("loads", 0):
        session.add(0, 0, "")
    time_calls(session, size)
    for _ in range(rounds):
        before = session.served()
        samples = [time_calls(session, size) for _ in range(batches)]
        if session.served() == before:
            env.log.error("nobody else was served during the measurement")
        env.log("samples rpc", *samples)
        env.log("turn")
    env.log("done")


def time_calls(session: RpcBench, size: int) -> float:
    """Microseconds per call."""
    add = session.add
    begin = perf_counter_ns()
    for number in range(size):
        add(number, 7, "sixteen letters.")
    return round((perf_counter_ns() - begin) / size / 1000, 4)
