"""many_client: one of a thousand. When its server tells it to, it collects garbage and calls."""

from __future__ import annotations

import gc

from bastide.base import Env, Session, SignalCap, SignalHandler, rpc


class ManySession(Session):
    service, ram_quota, cap_quota = "Many", "8K", 2

    @rpc
    def ready(self, context: SignalCap) -> None: ...

    @rpc
    def answer(self) -> int: ...


class Main:
    def __init__(self, env: Env) -> None:
        self.session = ManySession.connect(env)
        self.told = SignalHandler(env, self.answer)
        self.session.ready(self.told.cap)

    def answer(self) -> None:
        gc.collect()
        self.session.answer()


construct = Main
