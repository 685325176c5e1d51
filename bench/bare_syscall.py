"""A system call of a kernel in bare Python, from user mode and back, in instructions on x86_64."""

from __future__ import annotations

from pathlib import Path

from bare.build import build
from bare.machine import MissingEmulator, run
from bare.target import TARGETS
from bench.harness.figure import Figure, NotPossible

CALLS = 1000
SEL4 = 85                               # null system call of seL4 16.0.0-dev, release, counted in the same emulator
PROGRAM = Path(__file__).parent / "bare" / "system_call.py"


def measure() -> tuple[Figure, ...]:
    """Deterministic: with `-icount shift=0` the time stamp counter counts instructions."""
    target = TARGETS["x86_64"]
    try:
        result = run(build(PROGRAM, target), target, timeout=60, options=["-icount", "shift=0,sleep=off"])
    except MissingEmulator as error:
        raise NotPossible(str(error)) from error
    if not result.ok:
        raise RuntimeError(f"the program failed: {result}")
    calls, empty = (int(line) for line in result.output.split())
    return (Figure("bare-syscall", "instructions", ((calls - empty) / CALLS,), 1.0, "seL4's null system call",
                   (SEL4,), "to a function in the kernel and back to ring 3, less an empty call; "
                   "seL4 also saves the thread"),)
