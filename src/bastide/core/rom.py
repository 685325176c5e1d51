"""ROM: the boot modules. Their content rarely changes, so one dataspace serves all clients of a module.

Whoever boots core may give a module another content while the system runs. Clients are told by signal and fetch the new
content when they like; what they had stays as it was until nobody is left who has it.
"""

from __future__ import annotations

from collections.abc import Callable

from bastide.base import DataspaceCap, SessionDenied, SessionRequest, SignalCap, Transmitter
from bastide.base.environment import RomSession
from bastide.core.domain import CoreDataspace, Office, pages

Modules = Callable[[str], bytes | None]
"""The content of a module by name, None if there is none."""


class Library:
    """The modules that were asked for so far, as dataspaces."""

    def __init__(self, office: Office, modules: Modules) -> None:
        self._office, self._modules = office, modules
        self._newest: dict[str, Edition] = {}
        self._open: set[Module] = set()
        self._awaited: dict[str, Callable[[], None]] = {}

    def open(self, request: SessionRequest) -> Module:
        """A session for the module that the last element of the label names. Raises SessionDenied."""
        module = Module(self, request.label.last_element)
        self.newest(module.name)
        self._open.add(module)
        return module

    def newest(self, name: str) -> Edition:
        """The present content of a module. Raises SessionDenied."""
        if name not in self._newest:
            content = self._modules(name)
            if content is None:
                raise SessionDenied(f"there is no ROM module '{name}'")
            self._newest[name] = Edition(self._office, content)
        return self._newest[name]

    def change(self, name: str, content: bytes, taken: Callable[[], None] | None = None) -> None:
        """Give a module another content. In core's entrypoint only.

        `taken` is called once all who have the module open have fetched that content, or a later one.
        """
        former = self._newest.get(name)
        self._newest[name] = Edition(self._office, content)
        if former is not None:
            former.outdate()
        for module in self._open:
            if module.name == name:
                module.changed.submit()
        if taken is not None:
            self._awaited[name] = taken
            self.fetched(name)

    def fetched(self, name: str) -> None:
        """Somebody has the newest content of a module, or no interest in it any more."""
        if name in self._awaited and all(module.update() for module in self._open if module.name == name):
            self._awaited.pop(name)()

    def forget(self, module: Module) -> None:
        self._open.discard(module)
        self.fetched(module.name)


class Edition:
    """One content of a module: exists until it is outdated and nobody reads it."""

    def __init__(self, office: Office, content: bytes) -> None:
        memory = office.machine.create_memory(max(pages(len(content)), pages(1)))
        memory.write(content)
        memory.seal()
        self._office = office
        self.dataspace: CoreDataspace = office.dataspace(memory)
        self.dataspace.sealed = True
        self._readers, self._outdated = 0, False

    def take(self) -> None:
        self._readers += 1

    def leave(self) -> None:
        self._readers -= 1
        self._free_if_unused()

    def outdate(self) -> None:
        self._outdated = True
        self._free_if_unused()

    def _free_if_unused(self) -> None:
        if self._outdated and not self._readers:
            self._office.free(self.dataspace)


class Module(RomSession):
    def __init__(self, library: Library, name: str) -> None:
        self.name, self.changed = name, Transmitter()
        self._library = library
        self._reading: Edition | None = None

    def dataspace(self) -> DataspaceCap | None:
        newest = self._library.newest(self.name)
        if newest is not self._reading:
            newest.take()
            self._leave()
            self._reading = newest
            self._library.fetched(self.name)
        return newest.dataspace.cap

    def update(self) -> bool:
        """Whether what the client has is the present content: it is never changed in place."""
        return self._reading is self._library.newest(self.name)

    def sigh(self, context: SignalCap | None) -> None:
        self.changed.context = context
        if self._reading is not None and not self.update():
            self.changed.submit()

    def close(self) -> None:
        self._library.forget(self)
        self._leave()

    def _leave(self) -> None:
        if self._reading is not None:
            self._reading.leave()
            self._reading = None
