"""The main thread's stack after it was replaced: still there in full, and a mapping like any other."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).parents[3] / "src"

PROGRAM = """
import os, sys
from bastide.kernel.linux import stack

def grows():
    with open("/proc/self/smaps") as file:
        return any("gd" in line.split() for line in file if line.startswith("VmFlags:"))

before = grows()
stack.make_ordinary()
print(before, grows(), os.environ["KEPT"], sys.argv[1], len(os.listdir("/proc/self/task")))
nested = []
for _ in range(5000):
    nested = [nested]
sys.setrecursionlimit(100_000)
print(len(repr(nested)))
"""


def test_no_mapping_grows_by_itself_any_more_and_the_program_goes_on() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM, "argument"], capture_output=True, text=True, timeout=60,
                          env={"KEPT": "kept", "PYTHONPATH": str(SOURCE)})
    assert done.stdout.splitlines() == ["True False kept argument 1", "10002"], done.stderr
