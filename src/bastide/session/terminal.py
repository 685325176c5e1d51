"""Terminal: a stream of bytes in both directions, of a known size in characters."""

from __future__ import annotations

from dataclasses import dataclass

from bastide.base import DataspaceCap, Session, SignalCap, rpc

BUFFER = 4096
"""Bytes that both share, for what is read and what is written."""


@dataclass(frozen=True)
class Size:
    """0, 0: unknown."""

    columns: int
    lines: int


class TerminalSession(Session):
    service, ram_quota, cap_quota = "Terminal", "10K", 3

    @rpc
    def size(self) -> Size: ...

    @rpc
    def avail(self) -> bool:
        """Whether there is something to be read."""
        ...

    @rpc
    def read(self, limit: int) -> int:
        """Put at most `limit` bytes into the buffer; how many there were. Never waits."""
        ...

    @rpc
    def write(self, count: int) -> int:
        """Take `count` bytes from the buffer, or fewer if there is no room now; how many were taken."""
        ...

    @rpc
    def dataspace(self) -> DataspaceCap: ...

    @rpc
    def connected_sigh(self, context: SignalCap | None) -> None:
        """Where to tell that the other end is there. Wait for it before anything else."""

    @rpc
    def read_avail_sigh(self, context: SignalCap | None) -> None: ...

    @rpc
    def size_changed_sigh(self, context: SignalCap | None) -> None: ...
