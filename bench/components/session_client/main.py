"""session_client: times opening and closing sessions at a sibling, which the parent has to route."""

from __future__ import annotations

from time import perf_counter_ns

from bastide.base import Env, Session


class EmptySession(Session):
    service = "Empty"


def construct(env: Env) -> None:
    config = env.config.node
    rounds, batches, size = (config.attribute(name, 0) for name in ("rounds", "batches", "size"))
    time_sessions(env, size)
    for _ in range(rounds):
        env.log(f"samples {config.name or 'session'}", *[time_sessions(env, size) for _ in range(batches)])
        env.log("turn")
    if config.attribute("exit", False):
        env.exit()
    env.log("done")


def time_sessions(env: Env, size: int) -> float:
    """Microseconds per session."""
    begin = perf_counter_ns()
    for _ in range(size):
        EmptySession.connect(env).close()
    return round((perf_counter_ns() - begin) / size / 1000, 4)
