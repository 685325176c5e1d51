"""Serves `Echo`, and pins it to the board as its own name, together with a `bell` that rings for nothing."""

from __future__ import annotations

from components.contracts import BoardSession, Echo

from bastide.base import Capability, Env, Interface, SignalHandler


class Main(Echo):
    def __init__(self, env: Env) -> None:
        self.env = env
        cap = env.ep.manage(self, env.account)
        board = BoardSession.connect(env)
        board.put(env.name, cap)
        self._bell = SignalHandler(env, lambda: None)
        board.put("bell", self._bell.cap)
        env.log("serving")

    def echo(self, text: str) -> str:
        return text

    def keep(self, cap: Capability[Interface] | None) -> bool:
        return self.env.ep.object_of(cap, Main) is self


construct = Main
