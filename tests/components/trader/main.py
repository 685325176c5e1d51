"""Lets and rents rooms, buys and sells, as the ROM `orders-NAME` says, and says what came of it."""

from __future__ import annotations

import ctypes

from components.trader.rooms import Person, RoomSession

from bastide.base import BastideError, Env, Node, RamDataspace, Rom
from bastide.base.environment import Resources
from bastide.base.session import ANYWHERE


class Main:
    def __init__(self, env: Env) -> None:
        self.env, self.person = env, Person(env)
        env.listen_for_answers()
        self.person.root = RoomSession.announce(env, self.person.rent)
        self.orders = Rom(env, f"orders-{env.name}")
        self.orders.watch(self.obey)

    def obey(self, orders: Node) -> None:
        for order in orders.sub_nodes():
            try:
                result = getattr(self, order.type)(order)
            except BastideError as error:
                result = type(error).__name__
            self.env.log(f"{orders.attribute('step', 0)}: {result}")

    def buy(self, order: Node) -> None:
        bought = RamDataspace(self.env.account, order.attribute("size", 0))
        self.person.owned.append(bought)
        bought.view[:] = b"x" * len(bought.view)        # all of it is there now

    def sell(self, order: Node) -> None:
        self.person.owned.pop(order.attribute("which", 0)).close()

    def squander(self, order: Node) -> int:
        """The books of the component itself know better than to allow that."""
        quota = self.env.pd.quota()
        size = max(0, quota.ram_avail - (1 << 20)) // 4096 * 4096
        if size and quota.cap_avail:
            self.env.pd.alloc_ram(size)
        return size

    def rent(self, order: Node) -> bool:
        args = f'label="r{order.attribute("id", 0)}", ram_quota={order.attribute("ram", 0)}, ' \
               f'cap_quota={order.attribute("caps", 0)}'
        return self.env.parent.session(order.attribute("id", 0), "Room", args, ANYWHERE) is not None

    def fetch(self, order: Node) -> bool:
        return self.env.parent.session_cap(order.attribute("id", 0)) is not None

    def pay(self, order: Node) -> str:
        amount = Resources(order.attribute("ram", 0), order.attribute("caps", 0))
        return self.env.parent.upgrade(order.attribute("id", 0), amount).name

    def leave(self, order: Node) -> str:
        return self.env.parent.close(order.attribute("id", 0)).name

    def furnish(self, order: Node) -> None:
        self.person.rooms[f"r{order.attribute('id', 0)}"].furnish(order.attribute("size", 0))

    def mood(self, order: Node) -> None:
        self.person.slow, self.person.unkind = order.attribute("slow", False), order.attribute("unkind", False)
        self.person.root.retry()

    def exit(self, order: Node) -> None:
        self.env.exit()

    def fault(self, order: Node) -> None:
        ctypes.string_at(0)


construct = Main
