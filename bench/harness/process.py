"""Where a benchmark runs: in a process of its own, on one processor.

What one benchmark leaves behind, in memory or descriptors, thus does not count for the next.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import traceback
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor

from bench.harness.figure import Figure, Missing, NotPossible, Result


def measured_apart(name: str) -> list[Result]:
    """The results of the benchmark NAME. Raises RuntimeError if it fails."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(measured, name).result()


def measured(name: str) -> list[Result]:
    """The results of a benchmark, which is run here: this process is moved to one processor for good."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    try:
        figures: Sequence[Figure] = importlib.import_module(f"bench.{name.replace('-', '_')}").measure()
        return list(figures)
    except NotPossible as error:
        return [Missing(name, str(error))]
    except Exception as error:
        # Some exceptions can't travel between processes: their text can.
        raise RuntimeError("".join(traceback.format_exception(error)).rstrip()) from None
