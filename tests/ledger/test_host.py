"""The ledger on Linux agrees with the host's own figures: descriptors, shared memory, private memory."""

from __future__ import annotations

import gc
import os
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import cast

import pytest
from booted import Booted, ChangingRom, Child
from death import host
from hypothesis import given, settings
from hypothesis import strategies as st
from ports import ENTRIES, linux_machine, packed

from bastide.kernel.linux.machine import LinuxDomain, LinuxMachine
from bastide.kernel.linux.memory import Dataspace

EXAMPLES = int(os.environ.get("BASTIDE_EXAMPLES", "0"))
"""More than a few, and random ones, by hand: BASTIDE_EXAMPLES=500."""

PAGE = 4096
SECTION = 64 << 10
"""Memory that may come and go by itself, in steps of allocators."""
UNTOLD = 1 << 20
"""In a status, hosts count pages that are there for each processor apart, and sum them up later."""


class Obedient:
    """A component that does what it is told."""

    def __init__(self, town: Booted, name: str, ram: str = "4M", caps: int = 120) -> None:
        self._town, self._steps = town, count(1)
        self._orders = ChangingRom(town, f"orders-{name}", b"orders | step: 0\n-\n")
        self.child = town.start("obedient", name, ram=ram, caps=caps)
        town.wait(lambda: self.child.saw("ready"))

    def does(self, *orders: str) -> list[str]:
        """What it says about it."""
        step, before = next(self._steps), len(self.child.lines)
        text = f"orders | step: {step}\n" + "".join(f"+ {order}\n" for order in orders) + "-\n"
        self._orders.change(text.encode())
        self._town.wait(lambda: self.child.saw(f"done {step}") or self.child.exit_value is not None)
        return self.child.lines[before:]

    @property
    def pid(self) -> int:
        process = cast(LinuxDomain, self.child.pd.domain)._process
        assert process is not None
        return process.pid

    def has(self, field: str, file: str = "status") -> int:
        """Bytes."""
        lines = Path(f"/proc/{self.pid}/{file}").read_text().splitlines()
        return next(int(line.split()[1]) << 10 for line in lines if line.startswith(f"{field}:"))

    @property
    def there(self) -> tuple[int, int, int]:
        """Bytes of dataspaces and channels that are in memory, those of its own, and how far off that may be.

        Its share by the page tables, for who may look at them, as root may; others read its status.
        """
        try:
            shared, own = (self.has(f"Pss_{kind}", "smaps_rollup") for kind in ("Shmem", "Anon"))
        except PermissionError:
            return self.has("RssShmem"), self.has("RssAnon"), UNTOLD
        return shared, own, SECTION


@contextmanager
def towns() -> Iterator[Booted]:
    with linux_machine(ENTRIES["linux"]) as machine:
        system = Booted(machine, packed)
        yield system
        system.close()


@pytest.fixture
def town() -> Iterator[Booted]:
    with towns() as system:
        yield system


def descriptors(town: Booted) -> int:
    """Of core, when all that ended is buried."""
    cast(LinuxMachine, town.machine).reap()
    town.breathe()
    return len(os.listdir("/proc/self/fd"))


def memory(child: Child) -> tuple[int, int]:
    """Bytes of a child's dataspaces by the host's figures: how large they are, and how much of them is there."""
    kept = [os.fstat(cast(Dataspace, dataspace.memory)._descriptor) for dataspace in child.pd._memory.values()]
    return sum(state.st_size for state in kept), sum(state.st_blocks * 512 for state in kept)


def test_freed_memory_goes_back_to_the_host_although_it_is_mapped_on(town: Booted) -> None:
    keeper = Obedient(town, "keeper", ram="16M")
    before, _, about = keeper.there
    keeper.does("touch | size: 0x800000")
    assert memory(keeper.child) == (8 << 20, 8 << 20)
    assert keeper.child.account.ram.used == 8 << 20
    assert abs(keeper.there[0] - before - (8 << 20)) < about
    keeper.does("sell")
    assert memory(keeper.child) == (0, 0)
    assert keeper.child.account.ram.used == 0
    assert keeper.there[0] - before < about
    assert keeper.does("ram | size: 0xC00000") == ["done 3"]


def test_what_the_heap_takes_beyond_the_allowance_is_what_the_host_says(town: Booted) -> None:
    eater = Obedient(town, "eater", ram="64M")
    before, machine = eater.has("VmData"), cast(LinuxMachine, town.machine)
    eater.does("heap | size: 0x2000000")
    grown = eater.has("VmData") - before
    assert abs(grown - (32 << 20)) < SECTION
    assert 0 <= eater.child.account.heap() - (grown - machine.heap_allowance) < machine.heap_allowance
    avail = eater.child.account.ram_avail
    assert avail == eater.child.account.ram.avail - eater.child.account.heap()
    assert eater.does(f"ram | size: {avail + PAGE}", "ram | size: 4096")[0] == "OutOfRam"


def test_what_is_really_there_of_a_component_is_what_it_pays_for_and_its_allowance(town: Booted) -> None:
    eater = Obedient(town, "eater", ram="64M")
    machine, account = cast(LinuxMachine, town.machine), eater.child.account

    shared, own, about = eater.there
    eater.does("touch | size: 0x800000", "ram | size: 0x800000")
    assert abs(eater.there[0] - shared - (8 << 20)) < about, "what nobody has touched is paid for, and is not there"
    assert account.ram.used == 16 << 20
    eater.does("heap | size: 0x2000000")
    assert 30 << 20 < eater.there[1] - own <= account.heap() + machine.heap_allowance
    eater.does("sell", "sell")
    assert eater.there[0] - shared < about
    assert account.ram.used == 0


def test_a_thousand_sessions_leave_no_trace(town: Booted) -> None:
    visitor = Obedient(town, "visitor")
    visitor.does("sessions | size: 100")
    figures, traced = list[tuple[object, ...]](), list[int]()
    tracemalloc.start()
    try:
        for _ in range(2):
            visitor.does("sessions | size: 500")
            figures.append((descriptors(town), host.descriptors(visitor.pid),
                            visitor.child.account.ram.used, visitor.child.account.caps.used,
                            visitor.has("VmData")))
            gc.collect()
            traced.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert figures[0] == figures[1]
    assert traced[1] - traced[0] < SECTION // 4


ORDERS = st.tuples(st.integers(0, 2), st.sampled_from(
    ["ram | size: 1", "ram | size: 40000", "ram | size: 0x100000", "ram | size: 0x1000000", "handler", "session",
     "domain", "sell", "sell | size: 1", "sell | size: 2"]))


@settings(max_examples=EXAMPLES or 4)
@given(st.lists(ORDERS, min_size=15, max_size=40))
def test_whatever_components_buy_and_sell_ledger_and_host_agree(orders: list[tuple[int, str]]) -> None:
    with towns() as town:
        children = [Obedient(town, f"child{number}") for number in range(3)]
        for one in children:
            one.does("handler", "sell")         # all ways to talk are there now
        before = descriptors(town)
        start = [(one.child.account.ram.limit, one.child.account.caps.limit) for one in children]
        for who, order in orders:
            children[who].does(order)
            for one in children:
                account = one.child.account
                assert account.ram.used == memory(one.child)[0]
                assert 0 <= account.ram.used <= account.ram.limit
                assert account.caps.used == len(one.child.pd._memory) + len(one.child.pd._identities)
                assert account.caps.used <= account.caps.limit
        for one, limits in zip(children, start, strict=True):
            one.does(*["sell"] * len(orders))
            assert memory(one.child) == (0, 0)
            assert (one.child.account.ram.limit, one.child.account.caps.limit) == limits
        assert descriptors(town) == before
