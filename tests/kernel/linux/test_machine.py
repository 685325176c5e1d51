"""The Linux machine as core sees it: what it refuses, and what it leaves behind."""

from __future__ import annotations

import os

import pytest
from booted import Booted
from ports import ENTRIES, linux_machine, packed

from bastide.kernel.interface import Ending, IpcError, OutOfMachine, Placement
from bastide.kernel.linux.machine import LinuxMachine
from bastide.kernel.linux.spawner import SpawnError


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


def test_the_end_of_a_process_is_learnt_though_it_has_the_descriptors_of_one_that_was_waited_for() -> None:
    with linux_machine(ENTRIES["linux"]) as machine:
        assert isinstance(machine, LinuxMachine)
        system = Booted(machine, packed)
        for number in range(5):
            first = system.start("echo_server", f"first{number}")
            system.wait(lambda: first.saw("serving"))  # noqa: B023
            first.destroy()
            machine.reap()
            second = system.start("lives", "leave")
            system.wait(lambda: second.ended)  # noqa: B023
            second.destroy()
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


def test_starts_that_fail_leave_nothing_more_in_core_however_often(monkeypatch: pytest.MonkeyPatch) -> None:
    endings: list[Ending] = []
    with linux_machine(ENTRIES["linux"]) as machine:
        assert isinstance(machine, LinuxMachine)
        entrypoint = machine.side.entrypoints[next(iter(machine.side.entrypoints))]
        before = len(entrypoint.identities)
        domain, binary = machine.create_domain("domain"), machine.create_memory(1)
        gone = machine.domain.alloc_identity(machine.entrypoint)
        machine.domain.free_identity(gone)
        parent = machine.domain.alloc_identity(machine.entrypoint)

        def refuse(*arguments: object) -> None:
            raise SpawnError("the host has no processes left")

        monkeypatch.setattr(machine.zygote, "spawn", refuse)
        for _ in range(20):
            with pytest.raises(IpcError, match="no such object"):
                domain.start("child", binary, gone, Placement(), endings.append)
            with pytest.raises(SpawnError):
                domain.start("child", binary, parent, Placement(), endings.append)
        assert len(entrypoint.identities) <= before + 2         # the parent, and what the domain asks core by
        domain.destroy()
        machine.domain.free_identity(parent)
        assert len(entrypoint.identities) == before
        binary.free()
