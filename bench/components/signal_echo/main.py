"""signal_echo: answers each signal by a signal."""

from __future__ import annotations

from bastide.base import Env, Session, SignalCap, SignalHandler, Transmitter, rpc


class SignalBench(Session):
    service, ram_quota, cap_quota = "Signal_bench", "16K", 6

    @rpc
    def pair(self, context: SignalCap) -> SignalCap: ...


class Served(SignalBench):
    def __init__(self, env: Env) -> None:
        self.client = Transmitter()
        self.handler = SignalHandler(env, self.client.submit)

    def pair(self, context: SignalCap) -> SignalCap:
        self.client.context = context
        return self.handler.cap


def construct(env: Env) -> None:
    SignalBench.announce(env, lambda request: Served(env))
