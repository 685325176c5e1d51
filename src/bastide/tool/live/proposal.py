"""A config that somebody wants a running system to take over: read, and looked through before anything changes."""

from __future__ import annotations

from collections.abc import Iterator

from bastide.base.errors import BastideError, InvalidNode
from bastide.base.node import Node
from bastide.init.config import Config
from bastide.tool.scenario import Scenario


class ConfigRefused(BastideError):
    """The config can be read, but is wrong. One finding a line, each with its place if it has one."""

    def __init__(self, findings: tuple[str, ...]) -> None:
        super().__init__("\n".join(findings))
        self.findings = findings


def proposed(text: str, origin: str, scenario: Scenario, force: bool = False) -> Node:
    """The config that a text holds, or the one of the scenario that it holds. Raises InvalidNode, ConfigRefused.

    `force` lets pass what can be read, whatever it says.
    """
    node = Node.parse(text, origin, strict=not force)
    if node.type == "runtime":
        config = node.sub_node("config")
        if config is None:
            raise ConfigRefused((f"{node.place}: this scenario has no node 'config'",))
        node = config
    elif node.type != "config":
        raise InvalidNode(f"{node.place}: expected a node 'config', or a scenario that has one, got '{node.type}'")
    if scenario.binary == "init" and not force:
        findings = tuple(_findings(node))
        if findings:
            raise ConfigRefused(findings)
    return node


def _findings(config: Node) -> Iterator[str]:
    """What inits would complain about, at every depth."""
    read = Config.parse(config)
    yield from read.warnings
    yield from read.errors
    for start in read.starts:
        if start.binary == "init" and start.config is not None:
            yield from _findings(start.config)
