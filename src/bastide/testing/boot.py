"""What a test says to get a system: the scenario that it names, with the components that it adds or replaces."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from bastide.base import Generator, Node
from bastide.testing.inject import Program
from bastide.testing.testbed import Testbed
from bastide.tool.scenario import Rom, Scenario, find_scenario, parse_scenario, read_scenario, scenario_folders


class Boot(Protocol):
    """Boots a scenario, and ends it after the test."""

    def __call__(self, scenario: str | Path, components: Mapping[str, Program] = ..., *, config: str | None = None,
                 port: str | None = None, ram: str | None = None, caps: int | None = None) -> Testbed:
        """`scenario` is its name, the path of its runtime file, or the text of one (which begins with `runtime`).

        `components` replace those of the scenario, or are added: without a start node of their name in the config, one
        is made that lets them reach everything. `config` stands in for the scenario's. `port` is `inprocess` or
        `linux`, by default what `--bastide-port` says.
        """


def prepared(scenario: str | Path, components: Iterable[str], config: str | None, test: Path) -> Scenario:
    """The scenario of that name, path or text. Raises ScenarioError, InvalidNode."""
    found = _found(scenario, test)
    names = list(components)
    if config is not None:
        found = replace(found, config=Node.parse(config, "config"))
    if found.config is not None and found.binary == "init":
        started = {start.attributes.get("name") for start in found.config.sub_nodes("start")}
        found = replace(found, config=_with(found.config, [name for name in names if name not in started]))
    known = {rom.name for rom in found.content}
    return replace(found, content=(*found.content, *(Rom(name, name) for name in names if name not in known)))


def _found(scenario: str | Path, test: Path) -> Scenario:
    if isinstance(scenario, str) and scenario.startswith(("runtime", "<runtime")) and "\n" in scenario:
        return parse_scenario(scenario, test.stem, test)
    folders = (*(folder / "scenarios" for folder in test.parents), *scenario_folders())
    return read_scenario(find_scenario(str(scenario), folders))


def _with(config: Node, names: list[str]) -> Node:
    if not names:
        return config
    extended = Generator("config")
    extended.fill(config)
    for name in names:
        start = extended.node("start", name=name, ram="8M", caps=200)
        reach = start.node("route").node("any-service")
        reach.node("parent")
        reach.node("any-child")
    return extended.build()
