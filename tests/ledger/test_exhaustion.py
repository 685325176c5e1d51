"""Who takes all it can get is told when there is no more. Neighbours are answered, and core grows by what was paid."""

from __future__ import annotations

import gc
import os
import re
import resource
import tracemalloc
from collections.abc import Iterator

import pytest
from booted import Booted, Child
from ports import ENTRIES, linux_machine, packed

from bastide.core import log
from bastide.kernel.linux import zygote

CAP_BYTES = 1024
"""What a capability may cost core beside the RAM that it is charged with."""

TABLES = 64 << 10
"""Tables that grow with their content do not shrink with it at once."""

KINDS = ("contexts", "objects", "entrypoints", "dataspaces", "sessions", "domains", "maps", "regions", "requests")


@pytest.fixture
def town() -> Iterator[Booted]:
    with linux_machine(ENTRIES["linux"]) as machine:
        system = Booted(machine, packed)
        server = system.start("echo_server")
        system.wait(lambda: server.saw("serving"))
        yield system
        assert system.run("bystander").lines == ["all answered"]
        system.close()


@pytest.fixture(autouse=True)
def trace() -> Iterator[None]:
    tracemalloc.start()
    yield
    tracemalloc.stop()


def traced(town: Booted) -> int:
    """Bytes that this process, which is core, has allocated."""
    town.breathe()
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


def ready(town: Booted, name: str, ram: str = "16M", caps: int = 500) -> Child:
    child = town.start("glutton", name, ram=ram, caps=caps)
    town.wait(lambda: child.saw("ready"))
    return child


def go(town: Booted, child: Child) -> None:
    context = town.board[child.name]
    context.kernel.submit(context.handle)


def exhausts(town: Booted, child: Child) -> str:
    go(town, child)
    town.wait(lambda: len(child.lines) > 1)
    return child.lines[-1]


@pytest.mark.parametrize("kind", KINDS)
def test_core_grows_by_less_than_what_the_glutton_paid_and_shrinks_when_it_ends(town: Booted, kind: str) -> None:
    left: list[int] = []
    for _ in range(3):
        glutton = ready(town, kind, ram="4M", caps=400)
        before = traced(town)
        assert " after " in exhausts(town, glutton)
        has, grown = glutton.account, traced(town) - before
        assert grown < (4 << 20) - has.ram_avail + (400 - has.caps.avail) * CAP_BYTES + TABLES
        glutton.destroy()
        town.children.remove(glutton)
        left.append(traced(town))
    assert left[-1] - left[-2] < TABLES // 4


def test_neighbours_are_answered_while_nothing_is_left(town: Booted) -> None:
    for kind in KINDS:
        exhausts(town, ready(town, kind, ram="2M", caps=150))
        assert town.run("bystander").lines == ["all answered"]


def test_without_descriptors_in_core_it_is_out_of_caps_for_who_asks_and_nobody_is_harmed(town: Booted) -> None:
    neighbour = ready(town, "threads", ram="64M")
    glutton = ready(town, "descriptors", caps=4000)
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/proc/self/fd")) + 100, limits[1]))
    try:
        go(town, glutton)
        town.wait(lambda: len(glutton.lines) == 3)
        assert [line.split()[0] for line in glutton.lines[1:]] == ["OutOfCaps", "OutOfCaps"]
        assert glutton.account.caps.avail > 3000
        glutton.destroy()
        assert exhausts(town, neighbour).startswith("can't start new thread")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def test_threads_end_at_a_limit_and_the_component_goes_on(town: Booted) -> None:
    line = exhausts(town, ready(town, "threads", ram="64M"))
    assert line.startswith("can't start new thread after ")
    most = zygote.THREADS_OF_ONE_COMPONENT if os.getuid() == 0 else zygote.THREADS_OF_ALL_COMPONENTS
    assert 10 < int(line.rpartition(" ")[2]) <= most


def test_a_component_whose_heap_is_exhausted_says_so_asks_for_more_and_goes_on(town: Booted) -> None:
    glutton = ready(town, "heap", ram="4M")
    go(town, glutton)
    town.wait(lambda: any("exhausted" in line for line in glutton.lines))
    assert any(line.endswith("MemoryError") for line in glutton.lines)
    told = re.fullmatch("Error: the heap of heap is exhausted: with it, ([0-9]+)K of the 4088K of its RAM quota are in "
                        "use; a higher `ram` would help", glutton.lines[-1])
    assert told is not None and int(told[1]) > 1000
    assert glutton.ended is None


def test_a_component_that_could_not_be_constructed_for_want_of_memory_dies_with_an_explanation(town: Booted) -> None:
    glutton = town.run("glutton", "born", ram="4M")
    assert glutton.exit_value == 1
    assert any("the heap of born is exhausted" in line for line in glutton.lines), glutton.lines


def test_a_flood_of_output_leaves_its_neighbours_their_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OWN_LINES", "OWN_PACE", "SHARED_LINES", "SHARED_PACE"):
        monkeypatch.setattr(log, name, 10)      # less than a busy host lets somebody write
    with linux_machine(ENTRIES["linux"]) as machine:
        system = Booted(machine, packed)
        flooder, server = ready(system, "flood"), system.start("echo_server")
        go(system, flooder)
        system.wait(lambda: any("suppressed" in line for line in flooder.lines))
        system.wait(lambda: server.saw("serving"))
        assert system.run("bystander").lines == ["all answered"]
        system.close()
