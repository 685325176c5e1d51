"""Compiled Python against C with the same checks: arithmetic, links and tables, and the size of the code."""

from __future__ import annotations

import ctypes
import functools
import importlib.util
from collections.abc import Callable, Sequence
from pathlib import Path
from time import thread_time

from bench.harness.figure import Figure, NotPossible
from bench.harness.program import SOURCES, compiled

SOURCE = Path(__file__).with_name("bare_code") / "kernels.py"
WORK = {"numeric": 20_000, "matrix": 12, "chase": 1_000_000, "table": 400, "lookup": 400_000}
ROUNDS = 15
REACH = 1.15
CHECKED = ("-O2", "-Wall", "-fno-tree-vectorize", "-fno-tree-slp-vectorize", "-DCHECKED")
PLAIN = ("-O2", "-Wall")
SHARED = ("-shared", "-fPIC")
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
    figures = []
    for name, work in WORK.items():
        limits = [_function(library, name) for library in (checked, plain)]
        sides: list[Callable[[int], object]] = [functools.partial(ours.call, name), *limits]
        results = {side(work) for side in sides}
        if len(results) != 1:
            raise AssertionError(f"{name}: the results differ: {results}")
        own, other, fast = _in_turns(sides, work)
        note = f"plain -O2: {min(own) / min(fast):.2f}"
        figures.append(Figure(f"bare {name}", "ms", own, REACH, "C with the same checks", other, note))
    return (*figures, _size())


def _function(library: ctypes.CDLL, name: str) -> Callable[[int], object]:
    function = getattr(library, name)
    function.argtypes, function.restype = (ctypes.c_uint64,), ctypes.c_uint64
    called: Callable[[int], object] = function
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
