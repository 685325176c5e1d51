"""rpc_load: uses the entrypoint of rpc_server whenever it is told to, by a call or by a signal."""

from __future__ import annotations

from bastide.base import Env, Session, SignalCap, SignalHandler, Transmitter, rpc


class RpcBench(Session):
    service, ram_quota, cap_quota = "Rpc_bench", "16K", 6

    @rpc
    def add(self, a: int, b: int, text: str) -> int: ...

    @rpc
    def load(self, context: SignalCap) -> SignalCap: ...


class Main:
    def __init__(self, env: Env) -> None:
        self.session = RpcBench.connect(env)
        submits = env.config.node.attribute("signals", False)
        self.handler = SignalHandler(env, self.submit if submits else self.call)
        self.server = Transmitter(self.session.load(self.handler.cap))

    def call(self) -> None:
        self.session.add(1, 2, "load")

    def submit(self) -> None:
        self.server.submit()


construct = Main
