"""The Linux machine as core sees it: what it refuses, and what it leaves behind."""

from __future__ import annotations

import os

import pytest
from booted import Booted
from ports import ENTRIES, linux_machine, packed

from bastide.kernel.interface import OutOfMachine


def test_a_closed_machine_leaves_neither_processes_nor_descriptors() -> None:
    with linux_machine(ENTRIES["linux"]):
        pass                                # the zygote is there now
    before = sorted(os.listdir("/proc/self/fd"))
    with linux_machine(ENTRIES["linux"]) as machine:
        system = Booted(machine, packed)
        children = [system.start("echo_server", name) for name in ("one", "two", "three")]
        system.wait(lambda: all(child.saw("serving") for child in children))
    assert sorted(os.listdir("/proc/self/fd")) == before


def test_an_entrypoint_that_calls_itself_is_told_so() -> None:
    with linux_machine(ENTRIES["linux"]) as machine:
        system = Booted(machine, packed)
        assert system.run("lives", "call_itself").lines == ["an entrypoint that calls itself would wait for ever"]
        system.close()


@pytest.mark.parametrize("size", [1 << 40, 1 << 62, 1 << 70])
def test_memory_beyond_that_of_the_host_is_refused_by_its_size(size: int) -> None:
    with linux_machine(ENTRIES["linux"]) as machine, pytest.raises(OutOfMachine, match=f"{size} bytes are more than"):
        machine.create_memory(size)


def test_a_domain_runs_one_program_in_its_life() -> None:
    with linux_machine(ENTRIES["linux"]) as machine:
        system = Booted(machine, packed)
        child = system.run("lives", "leave")
        binary = machine.create_memory(1)
        with pytest.raises(OutOfMachine, match="a program runs in the domain of 'again' already"):
            child.pd.domain.start("again", binary, child.parent.cap.handle, None, lambda ending: None)  # type: ignore[arg-type]
        binary.free()
        system.close()
