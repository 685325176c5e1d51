"""signal_client: times signals to signal_echo and back: each way is one submission and one handler."""

from __future__ import annotations

from time import perf_counter_ns

from bastide.base import Env, Session, SignalCap, SignalHandler, Transmitter, rpc


class SignalBench(Session):
    service, ram_quota, cap_quota = "Signal_bench", "16K", 6

    @rpc
    def pair(self, context: SignalCap) -> SignalCap: ...


class Main:
    def __init__(self, env: Env) -> None:
        self.log = env.log
        config = env.config.node
        self.rounds, self.batches, self.size = (config.attribute(name, 0) for name in ("rounds", "batches", "size"))
        self.handler = SignalHandler(env, self.echoed)
        self.echo = Transmitter(SignalBench.connect(env).pair(self.handler.cap))
        self.samples: list[float] = []
        self.begin_batch()

    def begin_batch(self) -> None:
        self.left = self.size
        self.begin = perf_counter_ns()
        self.echo.submit()

    def echoed(self) -> None:
        self.left -= 1
        if self.left:
            self.echo.submit()
        else:
            self.end_batch()

    def end_batch(self) -> None:
        self.samples.append(round((perf_counter_ns() - self.begin) / self.size / 2000, 4))
        if len(self.samples) == self.batches:
            self.log("samples signal", *self.samples)
            self.log("turn")
            self.samples.clear()
            self.rounds -= 1
        if self.rounds:
            self.begin_batch()
        else:
            self.log("done")


construct = Main
