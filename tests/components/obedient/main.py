"""Buys and sells what the ROM `orders` says, step by step, and says when it is done."""

from __future__ import annotations

from typing import Any

from bastide.base import Env, Node, OutOfCaps, OutOfRam, RamDataspace, Rom, SignalHandler
from bastide.base.environment import LogSession, PdSession, Resources


class Main:
    def __init__(self, env: Env) -> None:
        self.env, self.owned, self.kept = env, list[Any](), list[object]()
        self.orders = Rom(env, f"orders-{env.name}")
        self.orders.watch(self.obey)
        env.log("ready")

    def obey(self, orders: Node) -> None:
        for order in orders.sub_nodes():
            try:
                getattr(self, order.type)(order.attribute("size", 0))
            except (OutOfRam, OutOfCaps) as error:
                self.env.log(f"{type(error).__name__}")
        self.env.log(f"done {orders.attribute('step', 0)}")

    def ram(self, size: int) -> None:
        self.owned.append(RamDataspace(self.env.account, size))

    def touch(self, size: int) -> None:
        """Memory that is written to, freed, and mapped on."""
        bought = RamDataspace(self.env.account, size)
        window = self.env.kernel.attach(bought.cap.handle, True)
        for at in range(0, size, 4096):
            window[at] = 1
        self.kept.append(window)
        self.owned.append(bought)

    def handler(self, size: int) -> None:
        self.owned.append(SignalHandler(self.env, lambda: None))

    def session(self, size: int) -> None:
        self.owned.append(LogSession.connect(self.env, "other"))

    def domain(self, size: int) -> None:
        pd = PdSession.connect(self.env, "own")
        pd.ref_account(self.env.pd_cap)
        self.env.pd.transfer_quota(pd.cap, Resources(8192, 3))
        pd.alloc_ram(4096)
        self.owned.append(pd)

    def sell(self, size: int) -> None:
        if self.owned:
            self.owned.pop(size % len(self.owned)).close()

    def sessions(self, size: int) -> None:
        """Opened and closed, one after the other."""
        for _ in range(size):
            LogSession.connect(self.env, "short").close()

    def heap(self, size: int) -> None:
        self.kept.append(bytearray(size))

    def leave(self, size: int) -> None:
        self.env.exit()


construct = Main
