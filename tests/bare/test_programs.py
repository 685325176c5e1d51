"""Programs in bare Python on emulated machines: what they print, compiled fast and for release.

The programs are in `programs/`; they use the board through `bare.std`, the same on all architectures.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bare.build import build
from bare.machine import Run, run
from bare.target import TARGETS, Target

PROGRAMS = Path(__file__).parent / "programs"

# Program, exit status, and a pattern for all of its output.
EXPECTED = {
    "hello": (0, r"hello from Python\n18446744073709551615 0 0xc0ffee 0x0\n"),
    "trap": (101, r"going to trap\npanic: assertion failed: three is too few at trap\.py:14\n"
                  r"(  [\w.]+\n)*  trap\.countdown at trap\.py:14\n  trap\.middle at trap\.py:20\n"
                  r"  bare_entry at trap\.py:27\n  bare_start\n"),
    "exceptions": (0, r"breakpoint:\n  bare\.std\.cpu_.*\n(  .*\n)*  bare_start\ngoing on\nfault at 0x7f000000000:\n"
                      r"  exceptions\.poke at exceptions\.py:38\n(  bare_entry at exceptions\.py:53\n)?  bare_start\n"),
    "timer": (0, r"5 ticks\n"),
    "ring": (0, r"12 taken, dropped: some\n"),
    "scheduler": (0, r"turns: cccababab done\n"),
    "paging": (2, r"paging\n77 through the window\nmapped at first use\n77 again\n78 after 2 faults\n"
                  r"fault at 0x1000002000:\n  bare_entry at paging\.py:\d+\n  bare_start\n"),
}


@pytest.mark.parametrize("level", [0, 2])
@pytest.mark.parametrize("name", EXPECTED)
def test_a_program_does_on_each_machine_what_it_says(name: str, level: int, machine: Target) -> None:
    status, output = EXPECTED[name]
    _check(run(build(PROGRAMS / f"{name}.py", machine, level=level), machine, timeout=60), status, output)


@pytest.mark.parametrize("level", [0, 2])
@pytest.mark.parametrize("target", [TARGETS["x86_64"]], ids=str)
def test_users_call_the_kernel_and_can_not_harm_it(level: int, machine: Target) -> None:
    _check(run(build(PROGRAMS / "user_x86_64.py", machine, level=level), machine, timeout=60), 0,
           r"hello from ring 3\nuser ended by exception 13\nback in the kernel: 13\n")


def _check(result: Run, status: int, output: str) -> None:
    assert re.fullmatch(output, result.output), result.output
    assert (result.status, result.reason) == (status, "")
