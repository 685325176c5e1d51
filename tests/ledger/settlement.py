"""A tree that grows and shrinks at a test's word: houses, which are parents, and persons, which are their children.

Every one of them obeys `tell`, which runs an action in its entrypoint. A person offers rooms for rent, a service that
is paid by its guests as any other; while it is `slow` it does not answer requests, while it is `unkind` it denies them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from components.trader.rooms import Person, RoomSession
from init.town import PARENT_PROVIDES, Town

from bastide.base import BastideError, Env, Node, SignalHandler
from bastide.core.ledger import LedgerAccount
from bastide.core.pd import Pd
from bastide.init.sandbox import Sandbox

Action = Callable[[Env], Any]

TOP = "top"
"""The house that is core's child."""

RAM, CAPS = 128 << 20, 6000
"""What all of them have together, and core."""


class Fault(BaseException):
    """No error that a component survives."""


class Settlement:
    def __init__(self) -> None:
        self._strings: dict[str, SignalHandler] = {}
        self._orders: dict[str, list[Action]] = {}
        self._results: list[Any] = []
        self._sandboxes: dict[str, Sandbox] = {}
        self.persons: dict[str, Person] = {}
        self.town = Town({"house": self._house, "person": self._person}, "", name=TOP, binary="house", ram=RAM,
                         caps=CAPS)
        self.town.run()

    def tell(self, name: str, action: Action) -> Any:
        """Let somebody act, and all others react; the result, or what was raised."""
        self._results.clear()
        self._orders[name].append(action)
        self._strings[name].submit()
        self.town.run()
        return self._results[0] if self._results else None

    def apply(self, house: str, starts: str) -> None:
        """Have a house adopt and abandon children."""
        node = Node.parse(f"config\n{PARENT_PROVIDES.replace('service LOG', 'service LOG' + _PARENTS)}{starts}\n-\n")
        self.tell(house, lambda env: self._sandboxes[house].apply_config(node))

    def accounts(self) -> dict[str, LedgerAccount]:
        """All that core keeps, by label; its own is ''."""
        treasury = self.town.system.treasury
        found, todo = {"": treasury}, [treasury]
        while todo:
            for account in todo.pop()._dependants:
                assert account.name not in found
                found[account.name] = account
                todo.append(account)
        return found

    def domains(self) -> list[Pd]:
        """All protection domains, as core serves them."""
        return list(self.town.system._roots["PD"].sessions)

    def close(self) -> None:
        self.town.machine.close()

    def _house(self, env: Env) -> object:
        self._sandboxes[env.name] = Sandbox(env, lambda: None)
        env.listen_for_answers()
        return self._obey(env)

    def _person(self, env: Env) -> object:
        person = self.persons[env.name] = Person(env)
        env.listen_for_answers()
        person.root = RoomSession.announce(env, person.rent)
        return self._obey(env)

    def _obey(self, env: Env) -> object:
        orders = self._orders[env.name] = []

        def act() -> None:
            while orders:
                try:
                    self._results.append(orders.pop(0)(env))
                except BastideError as error:
                    self._results.append(error)

        handler = self._strings[env.name] = SignalHandler(env, act)
        return handler


_PARENTS = "\n  + service Room"


def start_node(name: str, program: str, ram: int, caps: int, landlord: str) -> str:
    """Config of one child; its requests for rooms go to `landlord`, a sibling, or to the parent if there is none."""
    target = f"child {landlord}" if landlord else "parent"
    return (f"+ start {name} | ram: {ram} | caps: {caps}\n  + binary {program}\n  + provides | + service Room\n"
            f"  + route\n    + service Room | + {target}\n    + any-service | + parent\n")
