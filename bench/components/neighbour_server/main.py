"""neighbour_server: serves the calls that are measured, and tells attackers when to begin and when to rest."""

from __future__ import annotations

from bastide.base import Env, Session, SessionRequest, SignalCap, SignalHandler, Transmitter, rpc


class NeighbourBench(Session):
    service, ram_quota, cap_quota = "Neighbour_bench", "16K", 6

    @rpc
    def add(self, a: int, b: int, text: str) -> int: ...

    @rpc
    def enlist(self, name: str, context: SignalCap) -> SignalCap: ...

    @rpc
    def enlisted(self) -> int: ...

    @rpc
    def turn(self, name: str) -> None: ...


class Main:
    def __init__(self, env: Env) -> None:
        self.attackers: dict[str, Transmitter] = {}
        self.handler = SignalHandler(env, lambda: None)
        NeighbourBench.announce(env, lambda request: Served(self, request))


class Served(NeighbourBench):
    def __init__(self, main: Main, request: SessionRequest) -> None:
        self.main = main

    def add(self, a: int, b: int, text: str) -> int:
        return a + b

    def enlist(self, name: str, context: SignalCap) -> SignalCap:
        self.main.attackers[name] = Transmitter(context)
        return self.main.handler.cap

    def enlisted(self) -> int:
        return len(self.main.attackers)

    def turn(self, name: str) -> None:
        self.main.attackers[name].submit()


construct = Main
