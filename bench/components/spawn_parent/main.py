"""spawn_parent: starts children, one at a time, as init does, and times each from the request to its `construct`."""

from __future__ import annotations

from time import perf_counter_ns

from bastide.base import Env, Generator, Node, Session, rpc
from bastide.init.sandbox import Sandbox


class Mark(Session):
    service, ram_quota, cap_quota = "Mark", "8K", 4

    @rpc
    def constructed(self, nanoseconds: int) -> None: ...


class Main:
    def __init__(self, env: Env) -> None:
        self.env = env
        config = env.config.node
        self.rounds, self.size = (config.attribute(name, 0) for name in ("rounds", "size"))
        self.children = 0
        self.samples: list[float] = []
        self.sandbox = Sandbox(env, lambda: None)
        Mark.announce(self.sandbox, lambda request: Marked(self))
        self.start()

    def start(self) -> None:
        """Remove the last child, and start the next."""
        self.sandbox.apply_config(self.config())
        self.children += 1
        config = self.config(f"child-{self.children}")
        self.begin = perf_counter_ns()
        self.sandbox.apply_config(config)

    def config(self, *names: str) -> Node:
        """A config of init with those children."""
        config = Generator("config")
        provided = config.node("parent-provides")
        for service in ("ROM", "CPU", "PD", "LOG"):
            provided.node("service", name=service)
        for name in names:
            start = config.node("start", name=name, ram="1M", caps=60)
            start.node("binary", name="spawn_child")
            route = start.node("route")
            route.node("service", name="Mark").node("local")
            route.node("any-service").node("parent")
        return config.build()

    def constructed(self, time: int) -> None:
        """The child came to life at `time`."""
        self.samples.append(round((time - self.begin) / 1e6, 4))
        if len(self.samples) == self.size:
            self.env.log("samples spawn", *self.samples)
            self.env.log("turn")
            self.samples.clear()
            self.rounds -= 1
        if self.rounds:
            self.env.ep.defer(self.start)
        else:
            self.env.log("done")


class Marked(Mark):
    def __init__(self, main: Main) -> None:
        self.main = main

    def constructed(self, nanoseconds: int) -> None:
        self.main.constructed(nanoseconds)


construct = Main
