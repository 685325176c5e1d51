"""Scenarios on any kernel: the verdict, and the log that led to it.

On the in-process kernel time is virtual, so a scenario that waits for minutes takes no longer than one that doesn't.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import cast

from bastide.base import Construct, milliseconds, startup
from bastide.kernel.inprocess import Machine
from bastide.kernel.interface import Start
from bastide.tool.boot import boot, extra_modules, prefix_of
from bastide.tool.checkout import CHECKOUT, PACKAGE
from bastide.tool.criteria import Judge, Outcome
from bastide.tool.scenario import Scenario, read_scenario

SECONDS = 100
"""Until a run that hangs is a failure."""

STEP = milliseconds(20)


def run_inprocess(path: Path) -> tuple[bool, list[str]]:
    """Whether the scenario succeeded, and the log."""
    scenario = read_scenario(path)
    judge, log, exits = Judge(scenario.criteria, prefix_of(scenario)), list[str](), list[int]()

    def show(label: str, text: str) -> None:
        log.append(f"[{label}] {text}")
        judge.line(label, text)

    with Machine(_enter) as machine:
        system = boot(machine, scenario, _modules(scenario), show, exits.append)
        machine.spawn_core(system.run)
        machine.settle()
        passed = 0
        while judge.verdict is None and not exits and passed < (scenario.criteria.deadline or SECONDS) * 1_000_000:
            machine.advance(STEP)
            passed += STEP
        log += machine.failures
    verdict = judge.verdict or (judge.exited(exits[0]) if exits else judge.deadline())
    if verdict is not None:
        log.append(f"{verdict.outcome.value} ({verdict.reason}) {verdict.detail}")
    return verdict is not None and verdict.outcome is Outcome.OK and not machine.failures, log


def run_linux(path: Path) -> tuple[bool, list[str]]:
    """Whether the scenario succeeded, and the log."""
    done = subprocess.run([sys.executable, "-m", "bastide.tool.main", "run", str(path)], cwd=CHECKOUT / "src",
                          capture_output=True, text=True, timeout=SECONDS)
    return done.returncode == 0, (done.stdout + done.stderr).splitlines()


RUNS: dict[str, Callable[[Path], tuple[bool, list[str]]]] = {"inprocess": run_inprocess, "linux": run_linux}
"""By port."""


def _modules(scenario: Scenario) -> dict[str, bytes]:
    """A component is represented by its name."""
    roms = {rom.name: rom.label for rom in scenario.content} | {name: name for name in extra_modules(scenario)}
    return {name: label.encode() if _package(label) else _file(scenario, label) for name, label in roms.items()}


def _file(scenario: Scenario, name: str) -> bytes:
    path = scenario.path.parent / name
    return path.read_bytes() if path.exists() else b""


def _package(name: str) -> str:
    folder = name.replace("-", "_")
    found = (package for package in (f"app/{folder}", f"server/{folder}", f"driver/{folder}", folder)
             if (PACKAGE / package / "main.py").exists())
    return next(found, "").replace("/", ".")


def _enter(start: Start) -> int:
    package = _package(bytes(start.binary).partition(b"\0")[0].decode())
    return startup.run(start, lambda: cast(Construct, import_module(f"bastide.{package}.main").construct))
