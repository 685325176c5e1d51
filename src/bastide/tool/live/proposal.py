"""A config that somebody wants a running system to take over: read, and looked through before anything changes."""

from __future__ import annotations

import re

from bastide.base.errors import BastideError, InvalidNode
from bastide.base.node import Node
from bastide.tool.scenario import Scenario

_PLACE = re.compile(r":\d+:\d+")


class ConfigRefused(BastideError):
    """The config can be read, but is wrong. One finding a line, each with its place if it has one."""

    def __init__(self, findings: tuple[str, ...]) -> None:
        super().__init__("\n".join(findings))
        self.findings = findings


def proposed(text: str, origin: str, scenario: Scenario, force: bool = False) -> Node:
    """The config that a text holds, or the one of the scenario that it holds. Raises InvalidNode, ConfigRefused.

    `scenario` is what runs. What is wrong with its config already does not stand in the way: to repair one thing after
    the other must be possible. `force` lets pass what can be read, whatever it says.
    """
    node = Node.parse(text, origin, strict=not force)
    if node.type == "runtime":
        config = node.sub_node("config")
        if config is None:
            raise ConfigRefused((f"{node.place}: this scenario has no node 'config'",))
        node = config
    elif node.type != "config":
        raise InvalidNode(f"{node.place}: expected a node 'config', or a scenario that has one, got '{node.type}'")
    if not force and (findings := _new_findings(node, text, origin, scenario)):
        raise ConfigRefused(findings)
    return node


def _new_findings(config: Node, text: str, origin: str, scenario: Scenario) -> tuple[str, ...]:
    from bastide.tool.check.examination import examine_config

    findings = examine_config(scenario, config, text, origin)
    if findings and scenario.config is not None:
        present = str(scenario.config)
        known = {_PLACE.sub("", finding.what)
                 for finding in examine_config(scenario, Node.parse(present, origin), present, origin)}
        findings = tuple(finding for finding in findings if _PLACE.sub("", finding.what) not in known)
    return tuple(map(str, findings))
