"""rpc_server: serves the calls that are measured, and wakes others to use the same entrypoint meanwhile.

After every `LOAD_PERIOD` measured calls one of the load components is told to call, or to submit, in rotation.
"""

from __future__ import annotations

from bastide.base import Env, Session, SessionRequest, SignalCap, SignalHandler, Transmitter, rpc

LOAD_PERIOD = 100


class RpcBench(Session):
    service, ram_quota, cap_quota = "Rpc_bench", "16K", 6

    @rpc
    def add(self, a: int, b: int, text: str) -> int: ...

    @rpc
    def load(self, context: SignalCap) -> SignalCap: ...

    @rpc
    def loads(self) -> int: ...

    @rpc
    def served(self) -> int: ...


class Main:
    def __init__(self, env: Env) -> None:
        self.served = self.calls = self.next = 0
        self.loads: list[Transmitter] = []
        self.handler = SignalHandler(env, self.count)
        RpcBench.announce(env, lambda request: Served(self, request))

    def count(self) -> None:
        self.served += 1

    def measured(self) -> None:
        self.calls += 1
        if self.calls % LOAD_PERIOD == 0 and self.loads:
            self.loads[self.next].submit()
            self.next = (self.next + 1) % len(self.loads)


class Served(RpcBench):
    def __init__(self, main: Main, request: SessionRequest) -> None:
        self.main = main
        self.called = main.measured

    def add(self, a: int, b: int, text: str) -> int:
        self.called()
        return a + b

    def load(self, context: SignalCap) -> SignalCap:
        self.called = self.main.count
        self.main.loads.append(Transmitter(context))
        return self.main.handler.cap

    def loads(self) -> int:
        return len(self.main.loads)

    def served(self) -> int:
        return self.main.served


construct = Main
