"""ROM modules that a component serves: content that changes, shown to any number of sessions.

Each session has memory of its own, paid by its client, and sees a change only when it asks for it. This file does not
know where the content comes from, nor which client may see it.
"""

from __future__ import annotations

from collections.abc import Callable

from bastide.base import Account, DataspaceCap, RamDataspace, SignalCap, Transmitter
from bastide.session.rom import RomSession


class Module:
    """Content and its version. None: there is nothing to be seen, yet or any more."""

    def __init__(self, content: bytes | None = None) -> None:
        self.content, self.version = content, 0
        self.sessions: list[ModuleSession] = []

    def open(self, account: Account, closed: Callable[[], object] = lambda: None) -> ModuleSession:
        """A session that shows the module, paid by `account`; `closed` is called when it ends."""
        return ModuleSession(self, account, closed)

    def show(self, content: bytes | None, *, notify: bool = True) -> None:
        """Replace the content, and tell all sessions. The same content again counts as new."""
        self.content = content
        self.version += 1
        if notify:
            for session in self.sessions:
                session.changed.submit()


class ModuleSession(RomSession):
    """One client's view: memory that it can only read, refreshed in place as long as the content fits."""

    def __init__(self, module: Module, account: Account, closed: Callable[[], object]) -> None:
        self._module, self._account, self._closed = module, account, closed
        self._memory: RamDataspace | None = None
        self._filled = 0                # bytes from which on the memory is zero
        self._seen = module.version
        self.changed = Transmitter()
        module.sessions.append(self)

    def dataspace(self) -> DataspaceCap | None:
        content = self._module.content
        self._drop()
        if not content:
            self._seen = self._module.version
            return None
        self._memory, self._filled = RamDataspace(self._account, len(content) + 1).seal(), 0
        self._write(content)
        return self._memory.cap

    def update(self) -> bool:
        content = self._module.content
        if content is None or self._memory is None or len(content) >= self._memory.size:
            return False
        if self._seen != self._module.version:
            self._write(content)
        return True

    def sigh(self, context: SignalCap | None) -> None:
        self.changed.context = context
        if self._seen != self._module.version:
            self.changed.submit()

    def close(self) -> None:
        self._module.sessions.remove(self)
        self._drop()
        self._closed()

    def _write(self, content: bytes) -> None:
        assert self._memory is not None
        view, end = self._memory.view, len(content)
        view[:end] = content
        if end < self._filled:
            view[end:self._filled] = bytes(self._filled - end)
        self._filled, self._seen = end, self._module.version

    def _drop(self) -> None:
        if self._memory is not None:
            self._memory.close()
            self._memory = None
