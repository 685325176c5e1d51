"""neighbour_attacker: exhausts what its name says, again and again, from one signal to the next."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from bastide.base import BastideError, Capability, Env, Session, SignalCap, SignalHandler, Transmitter, rpc
from bastide.base.environment import LogSession, NativeEntrypoint


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
        self.env, self.active = env, threading.Event()
        self.ep = Capability[NativeEntrypoint](env.ep.identity, NativeEntrypoint, env.kernel)
        self.attack: Callable[[], object] = getattr(self, env.name)
        self.session = NeighbourBench.connect(env)
        self.turn = SignalHandler(env, self.toggle)
        self.bell = Transmitter(self.session.enlist(env.name, self.turn.cap))
        env.kernel.start_thread(self.work, "attack")

    def toggle(self) -> None:
        if self.active.is_set():
            self.active.clear()
        else:
            self.active.set()

    def work(self) -> None:
        while True:
            self.active.wait()
            self.attack()

    def computing(self) -> None:
        """No attack: what anybody does who shares the processor."""
        sum(range(10_000))

    def ram(self) -> None:
        self.take(lambda: self.env.pd.alloc_ram(1 << 20), self.env.pd.free_ram)

    def caps(self) -> None:
        self.take(lambda: self.env.pd.alloc_context(self.ep), self.env.pd.free_context)

    def descriptors(self) -> None:
        self.take(lambda: self.env.pd.alloc_ram(1), self.env.pd.free_ram)

    def sessions(self) -> None:
        self.take(lambda: LogSession.connect(self.env), lambda session: session.close())

    def heap(self) -> None:
        pieces = []
        try:
            while self.active.is_set():
                pieces.append(bytearray(1 << 20))
        except MemoryError:
            pieces.clear()

    def threads(self) -> None:
        enough, started = threading.Event(), []
        try:
            while self.active.is_set():
                started.append(threading.Thread(target=enough.wait, daemon=True))
                started[-1].start()
        except RuntimeError:
            started.pop()
        enough.set()
        for thread in started:
            thread.join()

    def calls(self) -> None:
        self.session.add(1, 2, "sixteen letters.")

    def signals(self) -> None:
        self.bell.submit()

    def output(self) -> None:
        self.env.log("x" * 200)

    def take(self, one: Callable[[], Any], give_back: Callable[[Any], object]) -> None:
        """All that there is, and give it back."""
        taken = []
        try:
            while self.active.is_set():
                taken.append(one())
        except BastideError:
            pass
        for thing in taken:
            give_back(thing)


construct = Main
