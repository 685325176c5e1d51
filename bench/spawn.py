"""A new component, from the request to its `construct`, against an interpreter in bubblewrap."""

from __future__ import annotations

import subprocess
from time import perf_counter

from bastide.base.node import Generator
from bastide.tool.scenario import Scenario, parse_scenario
from bench.harness.figure import Figure, NotPossible
from bench.harness.program import interpreter, required
from bench.harness.system import COMPONENTS, in_turns

ROUNDS, SIZE, PEERS = 10, 5, 3
HOST = "spawn_parent"


def measure() -> tuple[Figure, ...]:
    command = (required("bwrap", "bubblewrap"), "--unshare-all", "--ro-bind", "/", "/", interpreter(), "-I", "-S", "-c",
               "pass")
    own, other = in_turns(_system(), lambda: [run_peer(command) for _ in range(PEERS)], crowd=True)
    return (Figure("spawn", "ms", own["spawn"], 0.35, "bwrap --unshare-all --ro-bind / / PYTHON -I -S -c pass", other,
                   "prepared for a crowd; a parent in init's place applies a config with one child more, which gets "
                   "PD, CPU, LOG and ROM; until the child's construct. The peer's time ends with its end"),)


def _system() -> Scenario:
    """The parent takes the place of init, with init's library: one more level would be one more router."""
    runtime = Generator("runtime", ram="64M", caps=3000, binary=HOST)
    content = runtime.node("content")
    for name in (HOST, "spawn_child"):
        content.node("rom", name=name)
    runtime.node("config", rounds=ROUNDS, size=SIZE)
    return parse_scenario(str(runtime.build()), "spawn", COMPONENTS / "spawn")


def run_peer(command: tuple[str, ...]) -> float:
    """Milliseconds."""
    begin = perf_counter()
    ended = subprocess.run(command, capture_output=True, text=True)
    duration = (perf_counter() - begin) * 1000
    if ended.returncode:
        raise NotPossible(f"{command[0]} failed, so there is nothing to compare with: {ended.stderr.strip()}")
    return duration
