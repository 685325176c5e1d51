"""test-dynamic_config: prints the counter in its config, at each change."""

from __future__ import annotations

from bastide.base import Env, Node


class Main:
    def __init__(self, env: Env) -> None:
        self._env = env
        env.config.watch(self._apply)

    def _apply(self, config: Node) -> None:
        counter = config.sub_node("counter")
        if counter is not None:
            self._env.log(f"obtained counter value {counter.attribute('value', -1)} from config")


construct = Main
