"""The same program under CPython and compiled: random programs have to agree in result, trap, and line of the trap.

By hand, with more programs: BARE_PROGRAMS=20000 ./bastide test tests/bare/differential
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from bare_random.generate import programs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bare import Trap
from bare.host import Hosted, hosted
from bare.testing import imported

PROGRAMS = int(os.environ.get("BARE_PROGRAMS", "200"))
SEED = int(os.environ.get("BARE_SEED", "1"))
BATCH = 50


@dataclass(frozen=True)
class Outcome:
    """What a program did: its result or trap, and what it had noted until then."""

    result: int | None
    trap: str
    line: int
    noted: int


def under_cpython(module: ModuleType, name: str) -> Outcome:
    try:
        return Outcome(int(getattr(module, name)()), "", 0, int(module.traced()))
    except Trap as trap:
        line = next(frame.lineno for frame in reversed(traceback.extract_tb(trap.__traceback__))
                    if frame.filename == module.__file__)
        return Outcome(None, trap.kind.value, line or 0, int(module.traced()))


def compiled(program: Hosted, name: str) -> Outcome:
    try:
        return Outcome(program.call(name), "", 0, noted(program))
    except Trap as trap:
        kind, _, place = str(trap).partition(": ")
        return Outcome(None, kind, int(place.rpartition(":")[2]), noted(program))


def noted(program: Hosted) -> int:
    result: Any = program.call("traced")
    return int(result)


def disagreements(path: Path, count: int, level: int) -> list[str]:
    names = [f"main_{number}" for number in range(count)]
    module, program = imported(path), hosted(path, [*names, "traced"], level)
    found = []
    for name in names:
        meant, done = under_cpython(module, name), compiled(program, name)
        if meant != done:
            found.append(f"{name} at level {level}: CPython {meant}, compiled {done}")
    return found


@pytest.mark.parametrize("batch", range(-(-PROGRAMS // BATCH)))
def test_random_programs_mean_the_same_compiled(batch: int, tmp_path: Path) -> None:
    path = tmp_path / "program.py"
    path.write_text(programs(random.Random(SEED * 1_000_003 + batch), BATCH))
    assert disagreements(path, BATCH, 0 if batch % 4 == 3 else 2) == []


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=False))
def test_a_program_that_means_something_else_is_made_small(tmp_path_factory: pytest.TempPathFactory,
                                                           source: random.Random) -> None:
    path = tmp_path_factory.mktemp("program") / "program.py"
    path.write_text(programs(source, 1))
    assert disagreements(path, 1, 0) == []


def test_mypy_accepts_random_programs(tmp_path: Path) -> None:
    path = tmp_path / "program.py"
    path.write_text(programs(random.Random(SEED), 15))
    source = Path(__file__).resolve().parents[3] / "src"
    result = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), str(path)],
        capture_output=True, text=True, env={**os.environ, "MYPYPATH": str(source)}, cwd=tmp_path)
    assert result.returncode == 0, result.stdout
