"""init: starts and connects components as its config says, and follows when the config changes."""

from __future__ import annotations

from bastide.base import Bytes, Env, InvalidNode, Node, Rom, SignalHandler
from bastide.init.sandbox import Sandbox
from bastide.init.state import without_problems
from bastide.session.report import BackgroundReporter

BUFFER = Bytes(4096)


class Main:
    def __init__(self, env: Env) -> None:
        self._env = env
        self._buffer = BUFFER
        self._reporter: BackgroundReporter | None = None
        self._sandbox = Sandbox(env, self._report)
        self._more = SignalHandler(env, self._sandbox.resources_available)
        env.parent.resource_avail_sigh(self._more.cap)
        self._config: Rom = env.config
        self._changed = SignalHandler(env, self._update)
        self._apply()
        self._config.sigh(self._changed.cap)

    def _update(self) -> None:
        self._config.update()
        self._apply()

    def _apply(self) -> None:
        try:
            config = self._config.node
        except InvalidNode as error:
            self._env.log.error(f"{error}; keeping what is, until the config is valid")
            return
        report = config.sub_node("report")
        if report is not None:
            self._buffer = report.value("buffer", BUFFER)
            # Before children crowd in: among all that they ask for, it would take long to get an entrypoint.
            self._reporter = self._reporter or BackgroundReporter(self._env, "state", buffer=self._buffer)
        self._sandbox.apply_config(config)

    def _report(self) -> None:
        if self._reporter is None:
            return
        report = self._sandbox.generate_state_report()
        content = self._env.encode(report)
        if len(content) > self._buffer:
            content = self._env.encode(without_problems(report))
        if len(content) > self._buffer:
            self._env.log.error("state report exceeds maximum size")
            content = self._env.encode(Node("state", {"error": "report buffer exceeded"}))
        self._reporter.submit(content)


construct = Main
