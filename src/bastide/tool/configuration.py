"""What the top component of a run is told: the config as people wrote it, and what the tool adds to that.

Several have a say while a system runs: whoever edits its files, and whoever looks at it or applies another config from
outside. Each changes its part here, and the system is told the sum. Knows nothing of who they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bastide.base.node import Node
from bastide.base.value import Bytes
from bastide.tool.boot import outside, top_config
from bastide.tool.scenario import Scenario

STATE_DELAY_MS = 100
"""Between two reports of a state that changes all the time."""

STATE_BUFFER = 64 << 10
"""Bytes of a state report, doubled as often as more are needed: some sixty components with all their sessions."""

SESSIONS = {"ids": "yes", "requested": "yes", "provided": "yes"}
QUOTAS = {"session_args": "yes", "child_ram": "yes", "child_caps": "yes", "init_ram": "yes", "init_caps": "yes"}


class Configuration:
    """`config` is what people wrote; None if the scenario has none of its own."""

    def __init__(self, scenario: Scenario) -> None:
        self.config = scenario.config
        self._scenario = scenario
        self._generations: Mapping[str, int] = {}
        self._state: Mapping[str, str] = {}
        self._surroundings = False

    def renew(self, generations: Mapping[str, int]) -> None:
        """Let what runs these binaries be started anew: each has another content now."""
        self._generations = dict(generations)

    def report_state(self, details: Mapping[str, str], *, room: int = 0, surroundings: bool = False) -> bool:
        """Have the scenario's init report its state, and also the init around it. False: that is no change.

        `details` are attributes of init's `report` node, which say what to report; `room` are the bytes that it may
        take. A buffer never shrinks, so that components which come and go don't change the config each time.
        """
        buffer = int(self._state.get("buffer", STATE_BUFFER))
        while buffer < room:
            buffer *= 2
        wanted = {**self._state, **details, "delay_ms": str(STATE_DELAY_MS), "buffer": str(buffer)}
        before, self._state = (self._state, self._surroundings), wanted
        self._surroundings |= surroundings
        return self._scenario.binary == "init" and self.config is not None and before != (wanted, self._surroundings)

    @property
    def scenario(self) -> Scenario:
        """The scenario with the config that its top component is to get."""
        config = self.config
        if config is not None:
            config = renewed(config, self._generations) if self._generations else config
            if self._state and self._scenario.binary == "init":
                config = reporting(config, self._state)
        return replace(self._scenario, config=config)

    @property
    def top(self) -> Node | None:
        """The config of core's child. Raises ScenarioError."""
        scenario = self.scenario
        config = top_config(scenario)
        if config is not None and self._surroundings and outside(scenario):
            config = reporting(config, self._state)
        return config


def reporting(config: Node, details: Mapping[str, str]) -> Node:
    """The config of an init that reports these details of its state, too. What it says itself about reports holds.

    Of its other nodes none moves to another line, for init's messages name them by these.
    """
    known = config.sub_node("report") or Node("report")
    larger = max(known.value("buffer", Bytes(0)), Bytes(details["buffer"]))
    asked = {name: value for name, value in details.items() if value == "yes"}
    if known.value("delay_ms", 1) == 0:             # it asks for no reports
        asked["delay_ms"] = details["delay_ms"]
    report = Node("report", {**details, **known.attributes, **asked, "buffer": str(int(larger))})
    if known in config.children:
        children = tuple(report if child is known else child for child in config.children)
    else:
        children = (*config.children, report)
    return Node(config.type, config.attributes, children)


def renewed(config: Node, generations: Mapping[str, int]) -> Node:
    """The config in which everything that runs a changed binary has another version, at every depth."""
    attributes = config.attributes
    if config.type == "start":
        named = config.sub_node("binary")
        binary = (named.name if named is not None else "") or config.name
        if binary in generations:
            attributes = {**attributes, "version": f"{attributes.get('version', '')}+{generations[binary]}"}
    return Node(config.type, attributes, tuple(renewed(child, generations) for child in config.children), config.text)
