"""The same program under CPython and compiled: random programs have to agree in result, trap, and line of the trap.

By hand, with more programs: BARE_PROGRAMS=20000 ./bastide test tests/bare/differential
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from bare_random.generate import programs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bare.host import hosted
from bare.target import Target
from bare.testing import attempt, attempt_hosted, imported, outcomes

PROGRAMS = int(os.environ.get("BARE_PROGRAMS", "200"))
SEED = int(os.environ.get("BARE_SEED", "1"))
BATCH = 50


def disagreements(path: Path, count: int, level: int) -> list[str]:
    """Programs whose outcome differs, or what they had noted until then."""
    module, names = imported(path), [f"main_{number}" for number in range(count)]
    program = hosted(path, [*names, "traced"], level)
    found = []
    for name in names:
        meant = attempt(module, getattr(module, name)), attempt(module, module.traced)
        done = attempt_hosted(program, name), attempt_hosted(program, "traced")
        if meant != done:
            found.append(f"{name} at level {level}: CPython {meant}, compiled {done}")
    return found


@pytest.mark.parametrize("batch", range(-(-PROGRAMS // BATCH)))
def test_random_programs_mean_the_same_compiled(batch: int, tmp_path: Path) -> None:
    path = tmp_path / "program.py"
    path.write_text(programs(random.Random(SEED * 1_000_003 + batch), BATCH))
    assert disagreements(path, BATCH, 0 if batch % 4 == 3 else 2) == []


@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=False))
def test_a_program_that_means_something_else_is_made_small(tmp_path_factory: pytest.TempPathFactory,
                                                           source: random.Random) -> None:
    path = tmp_path_factory.mktemp("program") / "program.py"
    path.write_text(programs(source, 1))
    assert disagreements(path, 1, 0) == []


def test_machines_agree_with_cpython_in_one_boot(machine: Target, tmp_path: Path) -> None:
    """Each program, and then what it had noted."""
    path, count = tmp_path / "program.py", min(max(PROGRAMS, 200), 400)
    path.write_text(programs(random.Random(SEED), count))
    names = [name for number in range(count) for name in (f"main_{number}", "traced")]
    meant, done = outcomes(path, names, "cpython"), outcomes(path, names, machine.name)
    assert [(name, a, b) for name, a, b in zip(names, meant, done, strict=True) if a != b] == []


def test_mypy_accepts_random_programs(tmp_path: Path) -> None:
    path = tmp_path / "program.py"
    path.write_text(programs(random.Random(SEED), 15))
    source = Path(__file__).resolve().parents[3] / "src"
    result = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), str(path)],
        capture_output=True, text=True, env={**os.environ, "MYPYPATH": str(source)}, cwd=tmp_path)
    assert result.returncode == 0, result.stdout
