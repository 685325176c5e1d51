"""From the command `bastide run hello` to the first line of a component, against a bare interpreter."""

from __future__ import annotations

import os
import subprocess
import sys
from time import perf_counter

from bastide.tool.checkout import CHECKOUT
from bench.harness.figure import Figure
from bench.harness.program import interpreter
from bench.harness.system import Failed

ROUNDS = 20
FIRST_LINE = b"[init -> "
COMMAND = (sys.executable, "-P", "-m", "bastide.tool.main", "run", "hello")


def measure() -> tuple[Figure, ...]:
    bare = (interpreter(), "-c", "pass")
    ours(), theirs(bare)                # the first ones fill caches
    samples, other = [], []
    for _ in range(ROUNDS):
        samples.append(ours())
        other.append(theirs(bare))
    return (Figure("start", "ms", tuple(samples), 25, "the interpreter, -c pass", tuple(other),
                   "until the first line of the log that a component wrote"),)


def ours() -> float:
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT / "src")}
    begin = perf_counter()
    with subprocess.Popen(COMMAND, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment,
                          cwd=CHECKOUT) as run:
        assert run.stdout is not None
        said = []
        for line in run.stdout:
            said.append(line)
            if line.startswith(FIRST_LINE):
                duration = (perf_counter() - begin) * 1000
                run.stdout.read()
                return duration
    raise Failed("'bastide run hello' ended without a line of a component:\n" + b"".join(said).decode().rstrip())


def theirs(command: tuple[str, ...]) -> float:
    begin = perf_counter()
    subprocess.run(command, check=True)
    return (perf_counter() - begin) * 1000
