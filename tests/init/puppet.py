"""Children that do what a test tells them, call by call, and a sandbox whose config a test changes at will."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Self

from init.town import PARENT_PROVIDES, ROUTE, Town

from bastide.base import BastideError, Duration, Env, Node, SignalHandler
from bastide.init.sandbox import Sandbox

Action = Callable[[Env], Any]


class Puppets:
    """A town whose init is an embedded sandbox; its children obey `tell`."""

    def __init__(self, config: str, programs: Mapping[str, Callable[[Env], Any]] | None = None,
                 header: str = PARENT_PROVIDES + ROUTE) -> None:
        self._strings: dict[str, SignalHandler] = {}
        self._orders: dict[str, list[Action]] = {}
        self._results: list[Any] = []
        self._config, self._header = config, header
        self.reports: list[Node] = []
        """The state reports that the sandbox asked to be fetched."""
        self.sandbox: Sandbox
        self.town = Town({"puppet": self._puppet, "house": self._house, **(programs or {})}, "", binary="house")
        self.town.run()
        self.before = self.town.init_has

    def tell(self, name: str, action: Action) -> Any:
        """Let a child (or the `house` itself) act; the result, or what was raised. None if it can't act any more."""
        self._results.clear()
        self._orders[name].append(action)
        self._strings[name].submit()
        self.town.run()
        return self._results[0] if self._results else None

    def apply(self, config: str, header: str = PARENT_PROVIDES + ROUTE) -> None:
        node = Node.parse(f"config\n{header}{config}\n-\n", "init.config")
        self.tell("house", lambda env: self.sandbox.apply_config(node))

    def start(self) -> None:
        self.apply(self._config, self._header)

    @property
    def ids(self) -> dict[str, int]:
        """The incarnations of the children that there are now."""
        return {child.name: child.id for child in self.sandbox._children}

    def state(self, name: str) -> Node:
        """What a report would say about one child now."""
        child = self.sandbox.generate_state_report().sub_node("child", name=name)
        assert child is not None, f"no child '{name}' in {self.sandbox.generate_state_report()}"
        return child

    def wait(self, duration: Duration) -> None:
        """Let time pass."""
        self.town.machine.advance(duration)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *failure: Any) -> None:
        self.town.machine.close()

    def _house(self, env: Env) -> object:
        self.sandbox = Sandbox(env, lambda: self.reports.append(self.sandbox.generate_state_report()))
        return self._obey(env, "house")

    def _puppet(self, env: Env) -> object:
        return self._obey(env, env.name)

    def _obey(self, env: Env, name: str) -> object:
        orders = self._orders[name] = []

        def act() -> None:
            while orders:
                try:
                    self._results.append(orders.pop(0)(env))
                except BastideError as error:
                    self._results.append(error)

        handler = self._strings[name] = SignalHandler(env, act)
        return handler
