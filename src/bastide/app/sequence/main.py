"""sequence: runs children one after the other, each with all that the sequence has."""

from __future__ import annotations

from bastide.base import Bytes, Env, Generator, Node
from bastide.init.sandbox import Sandbox

FAILED = 1
"""What counts as exit value of a child that faulted."""

KEPT_RAM, KEPT_CAPS = Bytes("384K"), 40
"""What the sequence keeps for the sessions of its child."""


class Main:
    def __init__(self, env: Env) -> None:
        self._env, self._config = env, env.config.node
        self._sandbox = Sandbox(env, self._look, transparent=True)
        self._children = tuple(self._config.sub_nodes("start"))
        self._run = 0                   # children so far, which tells apart those of one name
        self._next = 0
        self._begin_next()

    def _begin_next(self) -> None:
        if self._next == len(self._children):
            if not (self._children and self._config.attribute("repeat", False)):
                self._env.exit(0)
            self._next = 0
        start = self._children[self._next]
        self._next += 1
        self._run += 1
        self._sandbox.apply_config(self._generated())       # its quota is back before the next one gets it
        self._sandbox.apply_config(self._generated(start))

    def _look(self) -> None:
        child = self._sandbox.generate_state_report().sub_node("child", version=str(self._run))
        if child is None:
            return
        if child.sub_node("problem", name="program") is not None:
            self._ended(FAILED)
        elif "exited" in child.attributes:
            self._ended(child.required("exited", int))

    def _ended(self, value: int) -> None:
        if value and not self._config.attribute("keep_going", False):
            self._env.exit(value)
        if value and self._config.attribute("restart", False):
            self._next = 0
        self._env.ep.defer(self._begin_next)

    def _generated(self, start: Node | None = None) -> Node:
        """A config for the sandbox, with that child or without any."""
        config = Generator("config")
        config.node("report", delay_ms=1)
        for kind in ("RAM", "CAP"):
            config.node("resource", name=kind, preserve=0)
        if start is not None:
            self._add(config, start)
        return config.build()

    def _add(self, config: Generator, start: Node) -> None:
        quota = self._env.pd.quota()
        child = config.node("start", name=start.required("name", str), version=self._run,
                            ram=Bytes(max(0, quota.ram_avail - KEPT_RAM)), caps=max(0, quota.cap_avail - KEPT_CAPS))
        if (binary := start.sub_node("binary")) is not None:
            child.copy(binary)
        if (inline := start.sub_node("config")) is not None:
            child.copy(inline)
        route = child.node("route")
        if (rom := start.attributes.get("config")) is not None:
            route.node("service", name="ROM", label="config").node("parent", label=rom)
        route.node("any-service").node("parent")


construct = Main
