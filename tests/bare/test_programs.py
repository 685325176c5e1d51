"""Programs in bare Python on emulated machines: what they print, compiled fast and for release.

The programs are in `programs/`; they use the board through `bare.std`, the same on all architectures.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bare.build import build
from bare.machine import Run, run
from bare.target import Target

PROGRAMS = Path(__file__).parent / "programs"

# Program, exit status, and a pattern for all of its output.
EXPECTED = {
    "hello": (0, r"hello from Python\n18446744073709551615 0 0xc0ffee 0x0\n"),
    "trap": (101, r"going to trap\npanic: assertion failed: three is too few at trap\.py:14\n"
                  r"(  [\w.]+\n)*  trap\.countdown at trap\.py:14\n  trap\.middle at trap\.py:20\n"
                  r"  bare_entry at trap\.py:27\n  bare_start\n"),
}


@pytest.mark.parametrize("level", [0, 2])
@pytest.mark.parametrize("name", EXPECTED)
def test_a_program_does_on_each_machine_what_it_says(name: str, level: int, machine: Target) -> None:
    status, output = EXPECTED[name]
    _check(run(build(PROGRAMS / f"{name}.py", machine, level=level), machine, timeout=60), status, output)


def _check(result: Run, status: int, output: str) -> None:
    assert re.fullmatch(output, result.output), result.output
    assert (result.status, result.reason) == (status, "")
