"""What core measures of a running component, and moves about it, from outside."""

from __future__ import annotations

import os
import resource
from collections.abc import Callable
from typing import Any

from bastide.kernel.interface import Placement
from bastide.kernel.linux import privileges

MIB = 1 << 20


def test_memory_within_the_limit_is_measured(run: Callable[..., Any]) -> None:
    running = run("allocate", size=8 * MIB)
    assert running.read() == "ready"
    before = running.process.data_bytes()
    assert before > 0
    running.process.limit_data(before + 32 * MIB)
    running.go()
    assert running.read() == "succeeded"
    assert 8 * MIB <= running.process.data_bytes() - before < 10 * MIB
    running.go()


def test_memory_beyond_the_limit_is_a_memory_error_of_the_component(run: Callable[..., Any]) -> None:
    running = run("allocate", size=8 * MIB)
    assert running.read() == "ready"
    running.process.limit_data(running.process.data_bytes() + 4 * MIB)
    running.go()
    assert running.read() == "MemoryError"
    running.go()


def test_a_limit_can_be_raised_again(run: Callable[..., Any]) -> None:
    running = run("allocate", size=8 * MIB)
    assert running.read() == "ready"
    running.process.limit_data(running.process.data_bytes())
    running.process.limit_data(running.process.data_bytes() + 32 * MIB)
    running.go()
    assert running.read() == "succeeded"
    running.go()


def test_resources_are_limited_for_good(run: Callable[..., Any]) -> None:
    running = run("wait")
    assert running.read() == "ready"
    limits = {name: resource.prlimit(running.process.pid, getattr(resource, f"RLIMIT_{name}"))
              for name in ("CORE", "FSIZE", "MEMLOCK", "MSGQUEUE", "NOFILE")}
    assert limits == {"CORE": (0, 0), "FSIZE": (0, 0), "MEMLOCK": (0, 0), "MSGQUEUE": (0, 0), "NOFILE": (4096, 4096)}
    threads, _ = resource.prlimit(running.process.pid, resource.RLIMIT_NPROC)
    assert 128 <= threads <= 4096 + privileges.threads_of_host() + 1000


def test_placement_sets_processors_and_priority(run: Callable[..., Any]) -> None:
    running = run("wait")
    assert running.read() == "ready"
    own = os.getpriority(os.PRIO_PROCESS, 0)
    last = max(os.sched_getaffinity(0))
    running.process.place(Placement())
    assert os.getpriority(os.PRIO_PROCESS, running.process.pid) == own
    running.process.place(Placement(priority=32768, processors=(last,)))
    assert os.sched_getaffinity(running.process.pid) == {last}
    assert os.getpriority(os.PRIO_PROCESS, running.process.pid) == min(19, own + 10)
    running.process.place(Placement(priority=65535))
    assert os.sched_getaffinity(running.process.pid) == os.sched_getaffinity(0)
    assert os.getpriority(os.PRIO_PROCESS, running.process.pid) == 19


def test_nothing_is_done_to_a_process_that_is_gone(run: Callable[..., Any]) -> None:
    running = run("answer")
    running.process.join()
    running.process.kill()
    running.process.limit_data(0)
    running.process.place(Placement(priority=65535))
    assert running.process.data_bytes() == 0
