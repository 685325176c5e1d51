"""Record: one channel of sound that a component hears, fetched window by window."""

from __future__ import annotations

from bastide.base import DataspaceCap, Session, SignalCap, rpc
from bastide.session.play import Window

BUFFER = 32 << 10
"""Bytes: the samples that were fetched last, 32-bit numbers from -1.0 to 1.0."""

LARGEST = 8191
"""Samples that can be fetched at a time."""


class RecordSession(Session):
    service, ram_quota, cap_quota = "Record", "40K", 3

    @rpc
    def dataspace(self) -> DataspaceCap: ...

    @rpc
    def record(self, samples: int) -> Window | None:
        """Fetch that many samples of the next window. None: there is no more sound for now."""
        ...

    @rpc
    def record_at(self, window: Window, samples: int) -> None:
        """Fetch the samples of a window that another session was given, so that channels stay together."""

    @rpc
    def wakeup_sigh(self, context: SignalCap | None) -> None:
        """Where to tell that there is sound again."""
