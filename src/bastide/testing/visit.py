"""Sessions of a test at servers within the system: how init is told to let the test in, and how a session is opened.

Core is the client, on behalf of the test. It does not wait: the answers arrive while the system goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar

from bastide.base import (
    Account,
    Affinity,
    BastideError,
    Capability,
    Generator,
    InsufficientCaps,
    InsufficientRam,
    Node,
    Session,
    SessionArgs,
)
from bastide.base.environment import Resources
from bastide.base.session import S, donation
from bastide.core.clients import Clients

T = TypeVar("T")

Doors = Mapping[tuple[str, str], str]
"""By service and label of a test's session: the child that serves it."""


STEP_RAM, STEP_CAPS = 16 << 10, 4
"""What a test donates in addition when a server asks for more."""


class Site(Protocol):
    """What a visit needs of a testbed."""

    @property
    def clients(self) -> Clients: ...
    @property
    def account(self) -> Account: ...
    def admit(self, service: str, label: str, server: str) -> None: ...
    def callable(self, kind: type[S], cap: Capability[Session], visit: Visit) -> S: ...
    def in_core(self, action: Callable[[], None]) -> None: ...
    def serve_until(self, condition: Callable[[], bool], what: str) -> None: ...
    def wake(self) -> None: ...


class Door:
    """A server, to whom stands before it. Implements `Guest` of the component API."""

    def __init__(self, site: Site, server: str) -> None:
        self._site, self._server = site, server

    @property
    def account(self) -> Account:
        """Core's, which pays for what tests do."""
        return self._site.account

    def open_session(self, kind: type[S], label: str, args: SessionArgs, payer: Account, affinity: Affinity) -> S:
        self._site.admit(kind.service, label, self._server)
        ram, caps = donation(kind, args)
        while True:
            visit = Visit(self._site, ram, caps)
            try:
                return self._site.callable(kind, visit.request(kind, label, args), visit)
            except InsufficientRam:
                ram += STEP_RAM
            except InsufficientCaps:
                caps += STEP_CAPS


def with_doors(config: Node, doors: Doors) -> Node:
    """The config of an init that lets its parent use these services of its children."""
    if not doors:
        return config
    extended = Generator(config.type)
    extended.fill(config)
    services: dict[str, Generator] = {}
    for (service, label), child in doors.items():
        if service not in services:
            services[service] = extended.node("service", name=service)
        policy = services[service].node("policy", label=label) if label else services[service].node("default-policy")
        policy.node("child", name=child)
    return extended.build()


def passed_through(config: Node, doors: Doors, child: str) -> Node:
    """The config of an init around the one with the doors, which is its child: it offers what that one offers."""
    services = sorted({service for service, _ in doors})
    extended = Generator(config.type)
    for name, value in config.attributes.items():
        extended.attribute(name, value)
    for node in config.children:
        if node.type == "start" and node.attributes.get("name") == child:
            start = extended.node("start")
            start.fill(node)
            provides = start.node("provides")
            for service in services:
                provides.node("service", name=service)
        else:
            extended.copy(node)
    return with_doors(extended.build(), {(service, ""): child for service in services})


class Visit:
    """One session: what it is opened, upgraded and closed by."""

    def __init__(self, site: Site, ram: int, caps: int) -> None:
        self._site, self._donated = site, Resources(ram, caps)
        self._number = 0

    def request(self, kind: type[Session], label: str, args: SessionArgs) -> Capability[Session]:
        def ask(told: Callable[[Capability[Session] | BastideError], None]) -> None:
            self._number = self._site.clients.open(kind.service, {"label": label} | vars(args), self._donated, told)

        answer = self._wait(ask, f"an answer of the service '{kind.service}'")
        if isinstance(answer, BastideError):
            raise answer
        return answer

    def upgrade(self, ram: int, caps: int) -> None:
        def ask(told: Callable[[bool], None]) -> None:
            self._site.clients.upgrade(self._number, Resources(ram, caps), lambda: told(True))

        self._wait(ask, "the upgrade of a session")

    def close(self) -> None:
        def ask(told: Callable[[bool], None]) -> None:
            self._site.clients.close(self._number, lambda: told(True))

        self._wait(ask, "the end of a session")

    def _wait(self, action: Callable[[Callable[[T], None]], None], what: str) -> T:
        """What is told to the function that the action is given."""
        results: list[T] = []

        def told(result: T) -> None:
            results.append(result)
            self._site.wake()

        self._site.in_core(lambda: action(told))
        self._site.serve_until(lambda: bool(results), what)
        return results[0]
