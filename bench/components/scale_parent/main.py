"""scale_parent: a parent in init's place with few and with many children: what requests and changes cost then."""

from __future__ import annotations

from time import perf_counter_ns

from bastide.base import Env, Generator, Node
from bastide.init.sandbox import Sandbox

IDLE, SERVER, CLIENT = "idle", "session_server", "session_client"


class Main:
    """Goes through the sizes one by one. The state reports tell when all children are there, and the client is done."""

    def __init__(self, env: Env) -> None:
        self._env = env
        config = env.config.node
        self._sizes = [size.required("children", int) for size in config.sub_nodes("size")]
        self._changes, self._sessions = config.required("changes", int), config.required("sessions", int)
        self._asking = False
        self._sandbox = Sandbox(env, lambda: env.ep.defer(self._look))
        self._sandbox.apply_config(self._config())

    def _look(self) -> None:
        children = list(self._sandbox.generate_state_report().sub_nodes("child"))
        if len(children) < self._sizes[0] or any("state" in child.attributes for child in children):
            return
        if not self._asking:
            self._asking = True
            self._env.log(f"size {self._sizes[0]}")
            self._sandbox.apply_config(self._config(client=True))
        elif any("exited" in child.attributes for child in children):
            self._reconfigure()

    def _reconfigure(self) -> None:
        configs = [self._config(client=True, ram=ram) for ram in ("1M", "2M")]
        samples = []
        for number in range(self._changes):
            begin = perf_counter_ns()
            self._sandbox.apply_config(configs[(number + 1) % 2])
            samples.append(round((perf_counter_ns() - begin) / 1000, 1))
        self._env.log(f"samples change-{self._sizes[0]}", *samples)
        self._asking = False
        del self._sizes[0]
        if self._sizes:
            self._sandbox.apply_config(self._config())
        else:
            self._env.log("done")

    def _config(self, client: bool = False, ram: str = "1M") -> Node:
        config = Generator("config")
        provided = config.node("parent-provides")
        for service in ("ROM", "CPU", "PD", "LOG"):
            provided.node("service", name=service)
        config.node("report", delay_ms=200)
        config.node("default", ram="1M", caps=60)
        route = config.node("default-route").node("any-service")
        route.node("parent")
        route.node("any-child")
        server = config.node("start", name=SERVER, ram="4M")
        server.node("provides").node("service", name="Empty")
        for number in range(self._sizes[0] - 1):
            start = config.node("start", name=f"child-{number}", ram=ram if number == 0 else "1M")
            start.node("binary", name=IDLE)
        if client:
            start = config.node("start", name=CLIENT, version=self._sizes[0], ram="2M")
            start.node("config", rounds=1, batches=3, size=self._sessions, name=f"session-{self._sizes[0]}", exit=True)
        return config.build()


construct = Main
