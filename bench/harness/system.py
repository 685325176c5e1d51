"""Systems to measure in: a scenario generated from a few starts, booted, and listened to.

A measuring component logs `samples NAME NUMBER...`, `turn` when it is the other side's, and `done`. Core cuts lines at
231 bytes, so it is a few samples at a time. Core shows a line within the component's call: while the other side
measures, the component waits and the system rests.
"""

from __future__ import annotations

import os
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bastide.base.node import Generator
from bastide.base.value import Value
from bastide.core.main import System
from bastide.kernel.linux.layers import Isolation, IsolationError
from bastide.tool.boot import Machine, boot, crowded
from bastide.tool.modules import Modules, Shelf, shelves
from bastide.tool.scenario import Scenario, parse_scenario
from bench.harness.figure import NotPossible

COMPONENTS = Path(__file__).resolve().parents[1] / "components"
DEADLINE = 180.0
_PARENT_SERVICES = ("ROM", "CPU", "PD", "LOG")


@dataclass(frozen=True)
class Start:
    """A component of the system; `uses` says which sibling provides a service to it."""

    name: str
    binary: str = ""
    provides: tuple[str, ...] = ()
    uses: Mapping[str, str] = field(default_factory=dict)
    config: Mapping[str, Value] = field(default_factory=dict)
    ram: str = "4M"
    caps: int = 100


class Failed(Exception):
    """The system did not come to its end; the text has what it said last."""


def scenario(name: str, starts: Sequence[Start], *, ram: str = "128M", caps: int = 20000) -> Scenario:
    """The scenario in which init starts all of them."""
    runtime = Generator("runtime", ram=ram, caps=caps, binary="init")
    content = runtime.node("content")
    for binary in dict.fromkeys(["init", *(start.binary or start.name for start in starts)]):
        content.node("rom", name=binary)
    config = runtime.node("config")
    provided = config.node("parent-provides")
    for service in _PARENT_SERVICES:
        provided.node("service", name=service)
    for start in starts:
        node = config.node("start", name=start.name, ram=start.ram, caps=start.caps)
        if start.binary:
            node.node("binary", name=start.binary)
        if start.provides:
            provides = node.node("provides")
            for service in start.provides:
                provides.node("service", name=service)
        if start.config:
            node.node("config", **start.config)
        route = node.node("route")
        for service, sibling in start.uses.items():
            route.node("service", name=service).node("child", name=sibling)
        route.node("any-service").node("parent")
    return parse_scenario(str(runtime.build()), name, COMPONENTS / name)


def listen(scenario: Scenario, heard: Callable[[str, str], bool], deadline: float = DEADLINE, *,
           crowd: bool = False) -> None:
    """Run the system and hand each line to `heard`, until that returns True. Raises NotPossible, Failed.

    As `bastide run` does, the machine prepares for a crowd if the scenario starts one; `crowd`: also if only its
    components do.
    """
    modules = Modules(None, (Shelf(COMPONENTS, "components"), *shelves())).boot(scenario)
    last: deque[str] = deque(maxlen=12)
    finished, trouble = False, ""
    system: System | None = None

    def end(reason: str = "") -> None:
        nonlocal finished, trouble
        finished, trouble = True, trouble or reason
        if system is not None:
            system.stop()

    def show(label: str, text: str) -> None:
        if finished:
            return
        last.append(f"[{label}] {text}")
        if text.startswith("Error: "):
            end("an error was logged")
            return
        try:
            if heard(label, text):
                end()
        except Exception as error:      # core would only take note of it
            end(f"{type(error).__name__}: {error}")

    try:
        machine = Machine(Isolation(), last.append, crowd or crowded(scenario), modules)
    except IsolationError as error:
        raise NotPossible(str(error)) from None
    timer = threading.Timer(deadline, end, (f"not finished after {deadline:.0f} s",))
    timer.daemon = True
    try:
        timer.start()
        system = boot(machine.machine, scenario, modules, show, lambda value: end(f"init exited with {value}"),
                      caps=2 * scenario.caps)     # whatever this host has descriptors for: most capabilities take none
        if not finished:
            system.run()
        last.extend(f"trouble in core: {type(error).__name__}: {error}" for error in system.office.trouble)
    finally:
        timer.cancel()
        machine.close()
    if trouble:
        raise Failed("\n".join([f"{scenario.name}: {trouble}; the last lines:", *last]))


def in_turns(scenario: Scenario, theirs: Callable[[], list[float]], deadline: float = DEADLINE, *,
             crowd: bool = False) -> tuple[dict[str, tuple[float, ...]], tuple[float, ...]]:
    """What the system's components measured, by name, and what `theirs` measured in the turns between."""
    own: defaultdict[str, list[float]] = defaultdict(list)
    other: list[float] = []

    def heard(label: str, text: str) -> bool:
        word, *further = text.split()
        if word == "samples":
            own[further[0]] += map(float, further[1:])
        elif word == "turn":
            check_placement()
            other.extend(theirs())
        return word == "done"

    listen(scenario, heard, deadline, crowd=crowd)
    return {name: tuple(samples) for name, samples in own.items()}, tuple(other)


def children() -> list[int]:
    """Process ids of all that core has started: the zygote, and every component."""
    own = Path("/proc/self/task")
    return [int(word) for task in own.iterdir() for word in (task / "children").read_text().split()]


def check_placement() -> None:
    """All on one processor, or the figures mean nothing. Raises Failed."""
    own = os.sched_getaffinity(0)
    for pid in children():
        if (processors := os.sched_getaffinity(pid)) != own or len(own) != 1:
            raise Failed(f"process {pid} runs on processors {sorted(processors)}, but one shared one is needed: "
                         f"core is on {sorted(own)}")
