"""Who serves what at the moment: finds the service for a session request of a child, or says why there is none.

The rules are in `routing`, which knows names only. This file ties the names to children and services, and remembers
what it found, until something changes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Protocol

from bastide.base import SessionDenied
from bastide.init.complaints import Complaints
from bastide.init.config import Alias
from bastide.init.outside import ParentService
from bastide.init.route import Kind, Route
from bastide.init.routing import Denial, InlineConfig, Request, SessionRequests, Target, resolve, special
from bastide.init.services import ChildService, RomService, Service
from bastide.init.start import StartNode

REMEMBERED = 1000
"""Answers kept; clients choose labels, so there is no end of them."""

Found = tuple[Service, str]
"""A service, and the label that it gets to see."""


class Member(Protocol):
    """A child, as others find it."""

    start: StartNode
    born: StartNode
    route: Route
    content_service: RomService
    requests_service: RomService
    services: dict[str, ChildService]


class Directory:
    """Implements what `routing` asks for."""

    def __init__(self, complaints: Complaints, whatever: Callable[[str], ParentService] | None = None) -> None:
        """`whatever` makes a service of the parent from any name; without it, the parent has those of the config."""
        self._complaints, self._whatever = complaints, whatever
        self._children: Mapping[str, Member] = {}
        self._aliases: dict[str, str] = {}
        self._parent: Mapping[str, ParentService] = {}
        self._local: dict[str, Service] = {}
        self._providers: dict[str, list[str]] = {}
        self._found: dict[tuple[str, str, str], Found] = {}

    def arrange(self, parent: Mapping[str, ParentService], children: Mapping[str, Member],
                aliases: Collection[Alias]) -> None:
        """Take over what a new config says."""
        self._parent, self._children = parent, children
        self._aliases = {alias.name: alias.child for alias in aliases}
        self._providers.clear()
        for name, child in children.items():
            for service in child.services:
                self._providers.setdefault(service, []).append(name)
        self._found.clear()

    def add_local(self, service: Service) -> None:
        self._local[service.name] = service
        self._found.clear()

    def find(self, child: Member, service: str, label: str) -> Found:
        """Raises SessionDenied, and tells the log why."""
        key = child.start.name, service, label
        found = self._found.get(key)
        if found is None:
            answer = self._answer(child, Request(*key))
            if isinstance(answer, Target | Denial):
                for error in answer.errors:
                    self._complaints.error(child.start.name, error)
            if isinstance(answer, Denial):
                if answer.log:
                    self._complaints.warning(child.start.name, answer.log)
                self._complaints.warning(child.start.name, f"session denied: {answer.reason}")
                raise SessionDenied(answer.reason)
            found = self._taken(answer, service)
            if len(self._found) >= REMEMBERED:
                self._found.clear()
            self._found[key] = found
        return found

    def look(self, child: Member, service: str, label: str) -> Found | None:
        """The same in silence: what the answer would be now."""
        answer = self._answer(child, Request(child.start.name, service, label))
        return None if isinstance(answer, Denial) else self._taken(answer, service)

    def service_of(self, child: str, service: str) -> ChildService | None:
        """The service of the child of that name, if it declares it."""
        name = self.child(child)
        return None if name is None else self._children[name].services.get(service)

    def parent_provides(self, service: str) -> bool:
        return service in self._parent or self._whatever is not None

    def local_provides(self, service: str) -> bool:
        return service in self._local

    def child(self, name: str) -> str | None:
        name = self._aliases.get(name, name)
        return name if name in self._children else None

    def providers(self, service: str) -> Collection[str]:
        return self._providers.get(service, ())

    def _answer(self, child: Member, request: Request) -> Found | Target | Denial:
        start = child.start
        answer = special(request, start.binary, child.born.ld, start.config is not None)
        if isinstance(answer, InlineConfig):
            return child.content_service, answer.label
        if isinstance(answer, SessionRequests):
            return child.requests_service, answer.label
        return resolve(answer, child.route, self)

    def _taken(self, answer: Found | Target, service: str) -> Found:
        if not isinstance(answer, Target):
            return answer
        if answer.kind is Kind.PARENT:
            parent = self._parent.get(service)
            if parent is None:
                assert self._whatever is not None, "what the parent provides was looked up before"
                parent = self._whatever(service)
            return parent, answer.label
        if answer.kind is Kind.LOCAL:
            return self._local[service], answer.label
        return self._children[answer.child].services[service], answer.label
