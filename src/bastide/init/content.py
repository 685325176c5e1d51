"""The inline config of a start node as ROM sessions of the child, with a signal whenever it changed."""

from __future__ import annotations

from bastide.base import Account, Attached, DataspaceCap, RamDataspace, SignalCap, Transmitter
from bastide.base.environment import RomSession


class ConfigRom(RomSession):
    """One session. `content` is shared by all sessions of the child, the memory is the session's own.

    The memory is attached only while it is written: a mapping would cost a descriptor per child.
    """

    def __init__(self, account: Account, content: Content) -> None:
        self._account, self._content = account, content
        self._memory: RamDataspace | None = None
        self._version = -1
        self._changed = Transmitter()

    def dataspace(self) -> DataspaceCap | None:
        if self._memory is not None:
            self._memory.close()
            self._memory = None
        memory = RamDataspace(self._account, len(self._content.text))
        memory.view[:len(self._content.text)] = self._content.text
        memory.detach()
        self._memory, self._version = memory, self._content.version
        return memory.cap

    def update(self) -> bool:
        memory, text = self._memory, self._content.text
        if memory is None or len(text) > memory.size:
            return False
        if self._version != self._content.version:
            self._version = self._content.version
            with Attached(self._account, memory.cap) as window:
                window.view[:len(text)] = text
        return True

    def sigh(self, context: SignalCap | None) -> None:
        self._changed.context = context
        if self._version != self._content.version:
            self._changed.submit()

    def notify(self) -> None:
        self._changed.submit()


class Content:
    """What the sessions show: a node as text, in the syntax of init's own output."""

    def __init__(self, node: bytes) -> None:
        self.text, self.version = node + b"\0", 0

    def replace(self, node: bytes) -> bool:
        """Whether that is something new."""
        text = node + b"\0"
        if text == self.text:
            return False
        self.text, self.version = text, self.version + 1
        return True
