"""A hundred components that init starts at once, each until it has logged, against an interpreter in bubblewrap."""

from __future__ import annotations

from time import perf_counter

from bastide.base.node import Generator
from bastide.tool.scenario import Scenario, parse_scenario
from bench.harness.figure import Figure
from bench.harness.program import interpreter, required
from bench.harness.system import COMPONENTS, check_placement, listen
from bench.spawn import run_peer

ROUNDS, CHILDREN, PEERS = 5, 100, 6
HOST = "startup_parent"


def measure() -> tuple[Figure, ...]:
    command = (required("bwrap", "bubblewrap"), "--unshare-all", "--ro-bind", "/", "/", interpreter(), "-I", "-S", "-c",
               "pass")
    own, other = list[float](), list[float]()
    for _ in range(ROUNDS):
        own.append(_started())
        other += [run_peer(command) for _ in range(PEERS)]
    return (Figure("startup", "ms", tuple(own), 0.5, "bwrap --unshare-all --ro-bind / / PYTHON -I -S -c pass",
                   tuple(other), f"a parent in init's place applies a config with {CHILDREN} children; until all have "
                   "logged, divided by their number. The peer's time ends with its end"),)


def _started() -> float:
    """Milliseconds per component. To end them all is not part of it."""
    begin, end, heard = 0.0, 0.0, 0

    def hear(label: str, text: str) -> bool:
        nonlocal begin, end, heard
        if text == "begin":
            check_placement()
            begin = perf_counter()
        heard += text == "here"
        end = perf_counter()
        return heard == CHILDREN

    listen(_system(), hear, crowd=True)
    return (end - begin) * 1000 / CHILDREN


def _system() -> Scenario:
    runtime = Generator("runtime", ram="512M", caps=20000, binary=HOST)
    content = runtime.node("content")
    for name in (HOST, "startup_child"):
        content.node("rom", name=name)
    runtime.node("config", children=CHILDREN)
    return parse_scenario(str(runtime.build()), "startup", COMPONENTS / "startup")
