"""neighbour_client: times calls to a server, in quiet and while one attacker after the other exhausts something."""

from __future__ import annotations

from time import perf_counter_ns

from bastide.base import Env, Session, SignalCap, rpc


class NeighbourBench(Session):
    service, ram_quota, cap_quota = "Neighbour_bench", "16K", 6

    @rpc
    def add(self, a: int, b: int, text: str) -> int: ...

    @rpc
    def enlist(self, name: str, context: SignalCap) -> SignalCap: ...

    @rpc
    def enlisted(self) -> int: ...

    @rpc
    def turn(self, name: str) -> None: ...


def construct(env: Env) -> None:
    config = env.config.node
    rounds, size = (config.attribute(name, 0) for name in ("rounds", "size"))
    attacks = config.attribute("attacks", "").split()
    session = NeighbourBench.connect(env)
    while session.enlisted() < len(attacks):
        session.add(0, 0, "")
    time_calls(session, size)
    for _ in range(rounds):
        for attack in attacks:
            env.log("samples", f"quiet-{attack}", time_calls(session, size))
            session.turn(attack)
            time_calls(session, size)                   # the attack gets under way
            env.log("samples", attack, time_calls(session, size))
            session.turn(attack)
            time_calls(session, size)                   # and is over
    env.log("done")


def time_calls(session: NeighbourBench, size: int) -> float:
    """Microseconds per call."""
    add = session.add
    begin = perf_counter_ns()
    for number in range(size):
        add(number, 7, "sixteen letters.")
    return round((perf_counter_ns() - begin) / size / 1000, 4)
