"""startup_parent: starts many children at once, in init's place and with init's library."""

from __future__ import annotations

from bastide.base import Env, Generator
from bastide.init.sandbox import Sandbox


class Main:
    def __init__(self, env: Env) -> None:
        self._sandbox = Sandbox(env, lambda: None)
        config = Generator("config")
        provided = config.node("parent-provides")
        for service in ("ROM", "CPU", "PD", "LOG"):
            provided.node("service", name=service)
        config.node("default", ram="1M", caps=60)
        config.node("default-route").node("any-service").node("parent")
        for number in range(env.config.node.required("children", int)):
            config.node("start", name=f"child-{number}").node("binary", name="startup_child")
        whole = config.build()
        env.log("begin")
        self._sandbox.apply_config(whole)


construct = Main
