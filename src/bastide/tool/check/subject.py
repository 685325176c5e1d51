"""A scenario as it is checked: its text, what could be read of it, and the components that its configs name.

Unlike `scenario.py`, which refuses a scenario at its first flaw, this module goes on with what is left of it. Which
sessions the components will ask for is not its business, but that of the plan.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from bastide.base.errors import BastideError, InvalidNode
from bastide.base.label import SEPARATOR
from bastide.base.node import Node
from bastide.init.config import Config
from bastide.init.start import StartNode
from bastide.tool.finding import Finding
from bastide.tool.modules import Modules
from bastide.tool.scenario import Rom, Scenario, ScenarioError, parse_scenario, scenario_name

INIT = "init"
MOST_EFFORT = 5_000_000
_SESSIONS = 20
"""Of one component, beside those that its own route mentions."""


@dataclass(frozen=True)
class Part:
    """One component: the ROM module it is made of, and the config inside its start node."""

    label: str
    binary: str
    place: str
    config: Node | None
    start: StartNode | None = None
    """What its parent was told about it, if that is an init."""
    init: Config | None = None
    """Its config, if it is an init itself and has one."""
    parts: tuple[Part, ...] = ()

    @property
    def name(self) -> str:
        return self.label.rpartition(SEPARATOR)[2]

    def all(self) -> Iterator[Part]:
        """It and what is within, at any depth."""
        yield self
        for part in self.parts:
            yield from part.all()


@dataclass(frozen=True)
class Subject:
    """What is checked. Without `runtime` the text is no node, without `scenario` it is none that could be run."""

    path: str
    text: str
    modules: Modules
    runtime: Node | None = None
    scenario: Scenario | None = None
    root: Part | None = None
    flaws: tuple[Finding, ...] = field(default=(), compare=False)
    """What was found while it was read."""

    def module(self, name: str) -> str:
        """Where the ROM module comes from that is called `name` within the scenario."""
        return self._modules_by_name.get(name, name)

    @cached_property
    def _modules_by_name(self) -> Mapping[str, str]:
        """The first of each name."""
        roms: tuple[Rom, ...] = self.scenario.content if self.scenario is not None else ()
        return {rom.name: rom.label for rom in reversed(roms)}


def read(path: Path, content: bytes) -> Subject:
    """What can be made of the content of a runtime file. Never raises."""
    modules = Modules.of(path, binary=lambda component, package: b"")
    text = content.decode(errors="replace").replace("\r\n", "\n")
    flaws: list[Finding] = []
    runtime = _parsed(content, str(path), flaws)
    if runtime is None:
        return Subject(str(path), text, modules, flaws=tuple(flaws))
    scenario = None
    try:
        scenario = parse_scenario(content, scenario_name(path), path)
    except ScenarioError as error:
        flaws.append(Finding.of(error, str(path)))
    return Subject(str(path), text, modules, runtime, scenario, _root(runtime), tuple(flaws))


def with_config(scenario: Scenario, config: Node, text: str, path: str) -> Subject:
    """The scenario with another config, which stands in a text of its own. Never raises."""
    modules = Modules.of(scenario.path, binary=lambda component, package: b"")
    attributes = {"ram": str(scenario.ram), "caps": str(scenario.caps), "binary": scenario.binary}
    runtime = Node("runtime", attributes, (config,), place=config.place)
    return Subject(path, text, modules, runtime, replace(scenario, config=config), _root(runtime))


def _parsed(content: bytes, path: str, flaws: list[Finding]) -> Node | None:
    """The node, with what strict readers refuse as a flaw."""
    try:
        return Node.parse(content, path, strict=True)
    except InvalidNode as error:
        flaws.append(Finding.of(error, path))
    try:
        return Node.parse(content, path)
    except BastideError:
        return None                     # the flaw is known


def _root(runtime: Node) -> Part:
    binary = runtime.attributes.get("binary", INIT)
    return _part(INIT, binary, runtime.place, runtime.sub_node("config"), None)


def _part(label: str, binary: str, place: str, config: Node | None, start: StartNode | None) -> Part:
    init = Config.parse(config) if binary == INIT and config is not None else None
    if init is not None:
        parts = [_part(f"{label}{SEPARATOR}{child.name}", child.binary, child.place, child.config, child)
                 for child in init.starts]
    else:
        parts = list(_nested(label, config)) if config is not None else []
    return Part(label, binary, place, config, start, init, tuple(parts))


def _nested(label: str, config: Node) -> Iterator[Part]:
    """What a component that is no init starts, if its config has the same form (as that of `sequence`)."""
    for node in config.sub_nodes("start"):
        binary = node.sub_node("binary")
        name = binary.name if binary is not None and binary.name else node.name
        yield _part(f"{label}{SEPARATOR}{node.name}", name, node.place, node.sub_node("config"), None)


def effort(subject: Subject) -> int:
    """How often a rule would be consulted if each session of the scenario were followed, roughly."""
    total = 0
    for part in subject.root.all() if subject.root is not None else ():
        if part.init is not None:
            shared = len(part.init.default_route.rules) if part.init.default_route is not None else 0
            for child in part.parts:
                route = child.start.route if child.start is not None else None
                # One that is no init asks for what its children ask for.
                sessions = _SESSIONS * (1 + (len(child.parts) if child.init is None else 0))
                total += sessions * shared if route is None else len(route.rules) * (len(route.rules) + sessions)
    return total
