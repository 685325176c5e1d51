"""Event: what an input device has to tell, in batches. The driver is the client."""

from __future__ import annotations

from bastide.base import DataspaceCap, Session, rpc

CAPACITY = 512
"""Events in a batch, at most."""

EVENT_SIZE = 16
"""Bytes of one event."""


class EventSession(Session):
    service, ram_quota, cap_quota = "Event", "18K", 3

    @rpc
    def dataspace(self) -> DataspaceCap:
        """Where the client writes its events, one behind the other."""
        ...

    @rpc
    def submit_batch(self, count: int) -> None:
        """Take over the first `count` events."""
