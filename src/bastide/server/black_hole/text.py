"""What is written, and never read."""

from __future__ import annotations

from bastide.base import DataspaceCap, RamDataspace, SessionRequest, SignalCap, Transmitter
from bastide.session.log import LogSession
from bastide.session.terminal import BUFFER, Size, TerminalSession


class BlackLog(LogSession):
    def write(self, text: str) -> None:
        """Nobody will ever know."""


class BlackTerminal(TerminalSession):
    """Takes all that is written. Nobody types."""

    def __init__(self, request: SessionRequest) -> None:
        self._buffer = RamDataspace(request.account, BUFFER)

    def size(self) -> Size:
        return Size(0, 0)

    def avail(self) -> bool:
        return False

    def read(self, limit: int) -> int:
        return 0

    def write(self, count: int) -> int:
        return max(0, min(count, BUFFER))

    def dataspace(self) -> DataspaceCap:
        return self._buffer.cap

    def connected_sigh(self, context: SignalCap | None) -> None:
        Transmitter(context).submit()

    def read_avail_sigh(self, context: SignalCap | None) -> None:
        """There will be nothing to be read."""

    def size_changed_sigh(self, context: SignalCap | None) -> None:
        """It stays unknown."""
