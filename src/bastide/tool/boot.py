"""From a scenario to a system that can run: the machine, core, and what core serves as ROM modules.

This module knows the parts and puts them together; `run.py` talks to people.
"""

from __future__ import annotations

import os
import resource
import threading
from collections.abc import Callable, Mapping
from types import MappingProxyType

from bastide.base.node import Generator, Node
from bastide.core.main import System
from bastide.kernel import interface
from bastide.kernel.linux.machine import LinuxMachine
from bastide.kernel.linux.spawner import Isolation, Zygote
from bastide.tool.checkout import PACKAGE
from bastide.tool.library import library_archive
from bastide.tool.modules import Modules, Pack
from bastide.tool.pack import pack
from bastide.tool.reports import Reports, Told
from bastide.tool.scenario import Scenario, ScenarioError

CORE_SERVICES = frozenset({"CPU", "LOG", "PD", "RM", "ROM"})
TOOL_SERVICES = frozenset({"Report"})
"""Services that the tool itself provides beside core: what a system wants to say to the outside."""
OUTER_DRIVERS = {"Timer": "timer"}
"""Services that a scenario can require from outside, and the component that is started beside it to provide them."""

CROWD = 16
"""From so many components on, to share memory is worth a tenth of the time that a run takes to start."""

ENTRY = "bastide.base.startup:main"
_CHILD_ENTRY = "bastide.kernel.linux.component:main"
_PLAY = "bastide.base.play"
_LIBRARY_HOOK = "bastide.base.startup:prepare"


class Machine:
    """The Linux machine of one run. `complain` gets the last words of processes that could not use their LOG."""

    def __init__(self, options: Isolation, complain: Callable[[str], None], crowd: bool = True,
                 modules: Mapping[str, bytes] | None = None) -> None:
        """`crowd`: so many components are to come that it pays to prepare for their sharing memory.

        `modules`: what the system begins with, if that is known.
        """
        hear, self._say = os.pipe()
        self.zygote = start_zygote(options, self._say, crowd, modules)
        threading.Thread(target=_listen, args=(hear, complain), name="complaints", daemon=True).start()
        self.machine = LinuxMachine(ENTRY, self.zygote)

    def close(self) -> None:
        """End every process."""
        self.zygote.close()
        os.close(self._say)


def start_zygote(options: Isolation, complaints: int, crowd: bool = False,
                 modules: Mapping[str, bytes] | None = None) -> Zygote:
    """The process that all components are forked from; what they can't log is written to `complaints`.

    For a crowd it rehearses a start, which takes time once and saves memory for each component.
    """
    _raise_descriptor_limit()
    library = library_archive(extra=[(PACKAGE / part, "bastide") for part in ("session", "lib", "init")])
    try:
        return Zygote(_CHILD_ENTRY, _preload(modules), [str(PACKAGE.parent)], library, options, complaints,
                      _LIBRARY_HOOK, _PLAY if crowd else "")
    finally:
        os.close(library)


def load(scenario: Scenario, binary: Pack = pack, instead: Mapping[str, bytes] = MappingProxyType({})
         ) -> dict[str, bytes]:
    """All ROM modules of a scenario, and of what is started around it. Raises ScenarioError, PackError.

    `binary` makes the content of a component's module, `instead` has what is not to be looked up.
    """
    known = Modules.of(scenario.path, binary)
    modules = known.boot(scenario, instead)
    for name in extra_modules(scenario):
        modules.setdefault(name, known.find(name) or b"")
    return modules


def boot(machine: interface.Machine, scenario: Scenario, modules: dict[str, bytes], show: Callable[[str, str], None],
         exited: Callable[[int], None], reported: Told = lambda label, content: None, *, ram: int | None = None,
         caps: int | None = None) -> System:
    """Start the scenario. `show`, `exited` and `reported` are called in core's entrypoint.

    Raises ScenarioError, ValueError if the machine has too little.
    """
    config = top_config(scenario)
    if outside(scenario):
        binary, quota = "init", None
    else:
        binary, quota = scenario.binary, (int(scenario.ram), scenario.caps)
    content = as_core_has_them(scenario, modules)
    if config is not None:
        content.setdefault("config", str(config).encode())
    content["platform_info"] = _platform_info(machine).encode()
    system = System(machine, content.get, show, exited, ram=ram, caps=caps, binary=binary, quota=quota)
    Reports(system, reported)
    return system


def top_config(scenario: Scenario) -> Node | None:
    """The config of core's child: the scenario's own, or that of an init around it. Raises ScenarioError."""
    needed = outside(scenario)
    return _outer(scenario, needed) if needed else scenario.config


def as_core_has_them(scenario: Scenario, modules: Mapping[str, bytes]) -> dict[str, bytes]:
    """The ROM modules by the names that core knows them by: `config` is that of an init around the scenario."""
    if not outside(scenario):
        return dict(modules)
    return {_inner_config(scenario) if name == "config" else name: content for name, content in modules.items()}


def crowded(scenario: Scenario) -> bool:
    """Whether the config starts a crowd, at whatever depth."""
    todo = [] if scenario.config is None else [scenario.config]
    count = 0
    while todo and count < CROWD:
        node = todo.pop()
        count += node.type == "start"
        todo += node.children
    return count >= CROWD


def outside(scenario: Scenario) -> list[str]:
    """Services that the scenario requires and that have to be started around it."""
    return sorted({requirement.service for requirement in scenario.requires} - CORE_SERVICES - TOOL_SERVICES)


def prefix_of(scenario: Scenario) -> str:
    """What the labels of all lines of the scenario begin with."""
    return f"init -> {scenario.name}" if outside(scenario) else "init"


def extra_modules(scenario: Scenario) -> list[str]:
    """ROM modules that are needed around the scenario, beyond its own content."""
    needed = outside(scenario)
    return ["init", *(OUTER_DRIVERS[service] for service in needed if service in OUTER_DRIVERS)] if needed else []


def _outer(scenario: Scenario, needed: list[str]) -> Node:
    """The config of an init around the scenario, which provides what it requires."""
    unknown = [service for service in needed if service not in OUTER_DRIVERS]
    if unknown:
        raise ScenarioError(f"{scenario.path}: requires {', '.join(unknown)}, which nothing here can provide yet; "
                            f"there are {', '.join(sorted(CORE_SERVICES | TOOL_SERVICES | OUTER_DRIVERS.keys()))}")
    config = Generator("config")
    provides = config.node("parent-provides")
    for service in sorted(CORE_SERVICES | TOOL_SERVICES):
        provides.node("service", name=service)
    for service in needed:
        start = config.node("start", name=OUTER_DRIVERS[service], ram="2M", caps=100)
        start.node("provides").node("service", name=service)
        start.node("route").node("any-service").node("parent")
    start = config.node("start", name=scenario.name, ram=str(scenario.ram), caps=scenario.caps)
    start.node("binary", name=scenario.binary)
    start.node("exit", propagate=True)
    if scenario.config is not None:
        start.node("config").fill(scenario.config)
    route = start.node("route")
    if any(rom.name == "config" for rom in scenario.content):
        route.node("service", name="ROM", label_last="config").node("parent", label=_inner_config(scenario))
    for service in needed:
        route.node("service", name=service).node("child", name=OUTER_DRIVERS[service])
    route.node("any-service").node("parent")
    return config.build()


def _inner_config(scenario: Scenario) -> str:
    return f"{scenario.name}.config"


def _platform_info(machine: interface.Machine) -> str:
    info = Generator("platform_info")
    kernel = info.node("kernel")
    for name, value in machine.description.items():
        kernel.attribute("name" if name == "kernel" else name, value)
    info.node("affinity-space", width=len(machine.affinity_space()), height=1)
    return str(info)


def _preload(modules: Mapping[str, bytes] | None) -> list[str]:
    """What every component finds in place: the component API, and the session interfaces that `modules` name.

    All interfaces if there is nothing to go by. Those that are wanted later come from the library archive.
    """
    def found(part: str) -> list[str]:
        return [f"bastide.{part}.{file.stem}" for file in sorted((PACKAGE / part).glob("*.py"))
                if file.stem not in ("__init__", "play", "practice")]

    sessions = [name for name in found("session")
                if modules is None or any(name.encode() in content for content in modules.values())]
    return ["bastide.base", *found("base"), "bastide.session", *sessions, "bastide.kernel.linux.component"]


def _raise_descriptor_limit() -> None:
    """Core holds descriptors for every component: as many as the host lets it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _listen(descriptor: int, complain: Callable[[str], None]) -> None:
    with os.fdopen(descriptor, "rb") as lines:
        while line := lines.readline(4096):
            complain(line.decode(errors="replace").rstrip("\n"))
