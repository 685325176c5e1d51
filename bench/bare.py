"""Compiled Python against C with the same checks: arithmetic, links and tables, and the size of the code.

Plain C and Numba, which check nothing, are shown beside it.
"""

from __future__ import annotations

import ctypes
import functools
import importlib.util
from collections.abc import Callable, Sequence
from pathlib import Path
from time import thread_time
from typing import Any

from bench.harness.figure import Figure, NotPossible
from bench.harness.program import SOURCES, compiled

SOURCE = Path(__file__).with_name("bare_code") / "kernels.py"
WORK = {"numeric": 20_000, "matrix": 12, "chase": 1_000_000, "table": 400, "lookup": 400_000}
ROUNDS = 15
REACH = 1.15
CHECKED = ("-O2", "-Wall", "-fno-tree-vectorize", "-fno-tree-slp-vectorize", "-DCHECKED")
PLAIN = ("-O2", "-Wall")
SHARED = ("-shared", "-fPIC")
PEERS = ("plain -O2", "Numba")
"""They check nothing, and are free to vectorise; ratios of our time to theirs are shown."""

FREESTANDING = ("-c", "-ffreestanding", "-fno-asynchronous-unwind-tables", "-mno-red-zone", "-mgeneral-regs-only",
                "-fno-omit-frame-pointer", "-fno-pic", "-fcf-protection=none")


def measure() -> tuple[Figure, ...]:
    """All of them in turns, in one process; the results have to be equal. Times are of the processor."""
    if importlib.util.find_spec("llvmlite") is None:
        raise NotPossible("needs llvmlite; what helps: pip install llvmlite")
    from bare.host import hosted
    ours = hosted(SOURCE, ["prepare", *WORK])
    checked, plain = (ctypes.CDLL(str(compiled(SOURCES / "bare.c", (*flags, *SHARED)))) for flags in (CHECKED, PLAIN))
    ours.call("prepare")
    checked.prepare()
    plain.prepare()
    numba = _numba()
    figures = []
    for name, work in WORK.items():
        sides: list[Callable[[int], Any]] = [
            functools.partial(ours.call, name), _function(checked, name), _function(plain, name)]
        if numba is not None:
            sides.append(numba[name])
        results = {side(work) % (1 << 64) for side in sides}            # Numba's numbers have a sign
        if len(results) != 1:
            raise AssertionError(f"{name}: the results differ: {results}")
        own, other, *shown = _in_turns(sides, work)
        peers = [f"{peer}: {min(own) / min(times):.2f}" for peer, times in zip(PEERS, shown, strict=False)]
        if numba is None:
            peers.append("Numba: not installed, pip install numba")
        figures.append(Figure(f"bare {name}", "ms", own, REACH, "C with the same checks", other, ", ".join(peers)))
    return (*figures, _size())


def _numba() -> dict[str, Callable[[int], int]] | None:
    """None: it is not installed."""
    if importlib.util.find_spec("numba") is None:
        return None
    from bench.bare_code.jit import hosted as jit
    return jit()


def _function(library: ctypes.CDLL, name: str) -> Callable[[int], int]:
    function = getattr(library, name)
    function.argtypes, function.restype = (ctypes.c_uint64,), ctypes.c_uint64
    called: Callable[[int], int] = function
    return called


def _in_turns(sides: Sequence[Callable[[int], object]], work: int) -> list[tuple[float, ...]]:
    samples: list[list[float]] = [[] for _ in sides]
    for _ in range(ROUNDS):
        for side, times in zip(sides, samples, strict=True):
            begin = thread_time()
            side(work)
            times.append((thread_time() - begin) * 1000)
    return [tuple(times) for times in samples]


def _size() -> Figure:
    """The machine code of all functions for a bare x86_64, traps included."""
    from bare.compiler.unit import compile_program
    from bare.link.object import read
    from bare.target import TARGETS, emit_object
    target = TARGETS["x86_64"]
    unit = compile_program(SOURCE, target.name, roots=["prepare", *WORK], debug=False)
    sides = [emit_object(unit.ir, target, 2), compiled(SOURCES / "bare.c", (*CHECKED, *FREESTANDING)).read_bytes()]
    ours, theirs = (float(sum(len(section.data) for section in read(data, target.machine, "code").sections
                              if section.name.startswith(".text"))) for data in sides)
    return Figure("bare size", "bytes", (ours,), REACH, "C with the same checks, freestanding", (theirs,),
                  "each trap of ours says its line")
