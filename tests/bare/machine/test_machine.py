"""Emulated machines: output, exit status, and limits that a program can't exceed."""

from __future__ import annotations

import pytest
from bare_images import build, printing

import bare.machine
from bare.machine import MissingEmulator, run
from bare.target import TARGETS, Target

FOREVER = "br label %loop\nloop:\n  call void @put(i64 120)\n  br label %loop"


def test_a_program_prints_and_powers_off_when_its_entry_returns(machine: Target) -> None:
    result = run(build(machine, printing("hello\nworld\n")), machine)
    assert (result.output, result.status, result.reason, result.ok) == ("hello\nworld\n", 0, "", True)


@pytest.mark.parametrize("status", [1, 42, 126])
def test_a_program_powers_off_with_a_status(machine: Target, status: int) -> None:
    image = build(machine, printing("", f"call void @bare_power_off(i64 {status})\n  ret void"))
    result = run(image, machine)
    assert (result.output, result.status, result.ok) == ("", status, False)


def test_lines_are_told_as_they_come(machine: Target) -> None:
    lines: list[str] = []
    assert run(build(machine, printing("one\r\ntwo\nrest")), machine, on_line=lines.append).output == "one\ntwo\nrest"
    assert lines == ["one", "two", "rest"]


def test_a_program_that_does_not_end_is_ended(machine: Target) -> None:
    result = run(build(machine, printing("here", "br label %loop\nloop:\n  br label %loop")), machine, timeout=0.5)
    assert (result.status, result.reason) == (None, "no end within 0.5 s")
    assert "here".startswith(result.output)


def test_a_program_that_prints_without_end_is_ended(machine: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bare.machine, "OUTPUT_LIMIT", 16 << 10)
    result = run(build(machine, printing("", FOREVER)), machine)
    assert result.reason == "more output than 16 KiB" and result.output.startswith("xxxx")


def test_a_machine_that_fails_is_explained(machine: Target) -> None:
    result = run(build(machine, printing("")), machine, options=["-device", "no-such-device"])
    assert result.status is None
    assert "QEMU ended with 1: " in result.reason and "no-such-device" in result.reason


def test_a_missing_emulator_is_explained(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(MissingEmulator, match=f"to run programs for {target} needs qemu-system-{target}, which is "
                                              f"not in PATH; what helps on Debian or Ubuntu: apt install qemu-system-"):
        run(build(target, printing("")), target)
    assert bare.machine.missing_emulators() == list(TARGETS)
