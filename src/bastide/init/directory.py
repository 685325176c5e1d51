"""Who serves what at the moment: finds the service for a session request of a child, or says why there is none.

The rules are in `routing`, which knows names only. This file ties the names to children and services, and remembers
what it found, until something changes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
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
    route: Route
    content_service: RomService
    requests_service: RomService
    services: dict[str, ChildService]

    @property
    def ended(self) -> bool: ...


class Directory:
    """Implements what `routing` asks for."""

    def __init__(self, complaints: Complaints) -> None:
        self._complaints = complaints
        self._children: Mapping[str, Member] = {}
        self._aliases: dict[str, str] = {}
        self._parent: Mapping[str, ParentService] = {}
        self._local: dict[str, Service] = {}
        self._found: dict[tuple[str, str, str], Found] = {}

    def arrange(self, parent: Mapping[str, ParentService], children: Mapping[str, Member],
                aliases: Collection[Alias]) -> None:
        """Take over what a new config says."""
        self._parent, self._children = parent, children
        self._aliases = {alias.name: alias.child for alias in aliases}
        self._found.clear()

    def add_local(self, service: Service) -> None:
        self._local[service.name] = service
        self._found.clear()

    def changed(self) -> None:
        """A child ended."""
        self._found.clear()

    def find(self, child: Member, service: str, label: str) -> Found:
        """Raises SessionDenied, and tells the log why."""
        key = child.start.name, service, label
        found = self._found.get(key)
        if found is None:
            found = self._search(child, Request(*key))
            if len(self._found) >= REMEMBERED:
                self._found.clear()
            self._found[key] = found
        return found

    def parent_provides(self, service: str) -> bool:
        return service in self._parent

    def local_provides(self, service: str) -> bool:
        return service in self._local

    def child(self, name: str) -> str | None:
        name = self._aliases.get(name, name)
        return name if name in self._children else None

    def providers(self, service: str) -> Collection[str]:
        return [name for name, child in self._children.items() if service in child.services and not child.ended]

    def _search(self, child: Member, request: Request) -> Found:
        start = child.start
        answer = special(request, start.binary, start.ld, start.config is not None)
        if isinstance(answer, InlineConfig):
            return child.content_service, answer.label
        if isinstance(answer, SessionRequests):
            return child.requests_service, answer.label
        target = resolve(answer, child.route, self)
        for error in target.errors:
            self._complaints.error(start.name, error)
        if isinstance(target, Denial):
            raise SessionDenied(self._denied(request, target))
        return self._service(target, request.service), target.label

    def _service(self, target: Target, service: str) -> Service:
        if target.kind is Kind.PARENT:
            return self._parent[service]
        if target.kind is Kind.LOCAL:
            return self._local[service]
        return self._children[target.child].services[service]

    def _denied(self, request: Request, denial: Denial) -> str:
        reason = denial.reason + "".join(f'; child "{name}" provided it, but has ended'
                                         for name, child in self._children.items()
                                         if child.ended and request.service in child.services)
        if denial.log:
            self._complaints.warning(request.child, denial.log)
        self._complaints.warning(request.child, f"session denied: {reason}")
        return reason
