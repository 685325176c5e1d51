"""Programs in bare Python on emulated machines: what they print, compiled fast and for release.

The programs are in `programs/`; they use the board through `bare.std`, the same on all architectures.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
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
    "memory": (0, r"400 rounds\n"),
    "paging": (2, r"paging\n77 through the window\nmapped at first use\n77 again\n78 after 2 faults\n"
                  r"fault at 0x1000002000:\n  bare_entry at paging\.py:\d+\n  bare_start\n"),
}


@pytest.mark.parametrize("level", [0, 2])
@pytest.mark.parametrize("name", EXPECTED)
def test_a_program_does_on_each_machine_what_it_says(name: str, level: int, machine: Target) -> None:
    status, output = EXPECTED[name]
    _check(run(build(PROGRAMS / f"{name}.py", machine, level=level), machine), status, output)


@pytest.mark.parametrize("level", [0, 2])
@pytest.mark.parametrize("target", [TARGETS["x86_64"]], ids=str)
def test_users_call_the_kernel_and_can_not_harm_it(level: int, machine: Target) -> None:
    _check(run(build(PROGRAMS / "user_x86_64.py", machine, level=level), machine), 0,
           r"hello from ring 3\nuser ended by exception 13\nback in the kernel: 13\n")


# What the loader leaves: multiboot's magic number and information; the device tree; the hart and the device tree.
LEFT = {"x86_64": r"0x2badb002 0x[1-9a-f]\w*\n", "aarch64": r"0x[1-9a-f]\w* 0x0\n", "riscv64": r"0x0 0x[1-9a-f]\w*\n"}


def test_flat_images_boot_and_are_told_of_their_machine(machine: Target) -> None:
    _check(run(build(PROGRAMS / "loader.py", machine), machine, flat=True), 0, LEFT[machine.name])


def test_files_do_not_depend_on_where_and_when_they_are_built(target: Target, tmp_path: Path) -> None:
    made = []
    for seed in ("1", "2"):
        folder = tmp_path / seed
        folder.mkdir()
        source, output = folder / "trap.py", folder / "kernel"
        source.write_bytes((PROGRAMS / "trap.py").read_bytes())
        subprocess.run([sys.executable, "-m", "bare", "build", "-t", target.name, "-o", str(output), str(source)],
                       check=True, env=os.environ | {"PYTHONHASHSEED": seed}, timeout=120, capture_output=True)
        made.append(output.read_bytes())
    assert made[0] == made[1]


def test_gdb_finds_lines_of_python(tmp_path: Path) -> None:
    debugger = shutil.which("gdb")
    if debugger is None:
        pytest.skip("there is no gdb in PATH; what helps on Debian or Ubuntu: apt install gdb")
    kernel = tmp_path / "kernel.elf"
    kernel.write_bytes(build(PROGRAMS / "trap.py", TARGETS["x86_64"], level=0).elf())
    asked = ("info line 'trap.countdown'", "info symbol bare_start", "info line trap.py:27")
    said = subprocess.run([debugger, "-nx", "-batch", *(word for ask in asked for word in ("-ex", ask)), str(kernel)],
                          capture_output=True, text=True, timeout=60)
    assert 'Line 11 of "trap.py" starts at address' in said.stdout, said
    assert "bare_start in section .boot" in said.stdout
    assert 'Line 27 of "trap.py" starts at address' in said.stdout


def _check(result: Run, status: int, output: str) -> None:
    assert re.fullmatch(output, result.output), result.output
    assert (result.status, result.reason) == (status, "")
