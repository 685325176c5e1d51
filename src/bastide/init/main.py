"""init: starts and connects components as its config says, and follows when the config changes."""

from __future__ import annotations

from bastide.base import Env, InvalidNode, Rom, SignalHandler
from bastide.init.sandbox import Sandbox


class Main:
    def __init__(self, env: Env) -> None:
        self._env = env
        self._sandbox = Sandbox(env, lambda: None)
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
        else:
            self._sandbox.apply(config)


construct = Main
