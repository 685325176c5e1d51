"""The contract of packet streams, which are the bulk transport within other sessions.

Two parties share one dataspace: a queue of submitted packets, one of acknowledged packets, and the buffer that holds
their content. `bastide.lib.packet_stream` is what both use.
"""

from __future__ import annotations

from bastide.base import DataspaceCap, Interface, SignalCap, rpc


class PacketChannel(Interface):
    """One direction of a session, as its server offers it. Each party tells the other one that it made progress."""

    @rpc
    def dataspace(self) -> DataspaceCap:
        """The memory that both share. The server allocated it, from what the client donated."""
        ...

    @rpc
    def sigh(self, context: SignalCap | None) -> None:
        """Where to tell that the server submitted or acknowledged packets."""

    @rpc
    def progress(self) -> SignalCap:
        """Where the client tells that it submitted or acknowledged packets."""
        ...
