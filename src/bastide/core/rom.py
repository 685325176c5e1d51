"""ROM: the boot modules. They never change, so one dataspace serves all clients of a module."""

from __future__ import annotations

from collections.abc import Callable

from bastide.base import DataspaceCap, SessionDenied, SessionRequest, SignalCap
from bastide.base.environment import RomSession
from bastide.core.domain import CoreDataspace, Office, pages

Modules = Callable[[str], bytes | None]
"""The content of a module by name, None if there is none."""


class Library:
    """The modules that were asked for so far, as dataspaces."""

    def __init__(self, office: Office, modules: Modules) -> None:
        self._office, self._modules = office, modules
        self._known: dict[str, CoreDataspace] = {}

    def open(self, request: SessionRequest) -> Module:
        """A session for the module that the last element of the label names. Raises SessionDenied."""
        name = request.label.last_element
        if name not in self._known:
            content = self._modules(name)
            if content is None:
                raise SessionDenied(f"there is no ROM module '{name}'")
            memory = self._office.machine.create_memory(max(pages(len(content)), pages(1)))
            memory.write(content)
            memory.seal()
            dataspace = self._known[name] = self._office.dataspace(memory)
            dataspace.sealed = True
        return Module(self._known[name].cap)


class Module(RomSession):
    def __init__(self, content: DataspaceCap) -> None:
        self._content = content

    def dataspace(self) -> DataspaceCap | None:
        return self._content

    def update(self) -> bool:
        return True

    def sigh(self, context: SignalCap | None) -> None:
        """Boot modules never change."""
