"""many_server: waits for all its clients to be there, lets each collect garbage and call, and tells that all did."""

from __future__ import annotations

from bastide.base import Env, Session, SignalCap, Transmitter, rpc


class ManySession(Session):
    service, ram_quota, cap_quota = "Many", "8K", 2

    @rpc
    def ready(self, context: SignalCap) -> None: ...

    @rpc
    def answer(self) -> int: ...


class Main:
    def __init__(self, env: Env) -> None:
        self.log = env.log
        self.expected = env.config.node.attribute("clients", 0)
        self.waiting: list[Transmitter] = []
        self.answered = 0
        ManySession.announce(env, lambda request: Served(self))

    def ready(self, client: Transmitter) -> None:
        self.waiting.append(client)
        if len(self.waiting) == self.expected:
            for transmitter in self.waiting:
                transmitter.submit()

    def answer(self) -> int:
        self.answered += 1
        if self.answered == self.expected:
            self.log(f"all {self.answered} answered")
        return self.answered


class Served(ManySession):
    def __init__(self, main: Main) -> None:
        self.main = main

    def ready(self, context: SignalCap) -> None:
        self.main.ready(Transmitter(context))

    def answer(self) -> int:
        return self.main.answer()


construct = Main
