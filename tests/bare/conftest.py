"""Fixtures for tests that run on emulated machines, and the word to say where there is no emulator."""

from __future__ import annotations

from pathlib import Path

import pytest

from bare.machine import MissingEmulator, command, missing_emulators
from bare.target import TARGETS, Target


@pytest.fixture(params=TARGETS.values(), ids=str)
def target(request: pytest.FixtureRequest) -> Target:
    """Each target; a test that runs programs takes `machine` instead."""
    chosen: Target = request.param
    return chosen


@pytest.fixture
def machine(target: Target) -> Target:
    """Each target that there is an emulator for."""
    if target.name in missing_emulators():
        pytest.skip(_missing(target))
    return target


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for name in missing_emulators():
        terminalreporter.write_line(f"no program was run on {name}: {_missing(TARGETS[name])}", yellow=True)


def _missing(target: Target) -> str:
    try:
        command(target, Path("kernel.elf"))
        return ""
    except MissingEmulator as error:
        return str(error)
