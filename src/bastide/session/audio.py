"""Audio_out and Audio_in: sound at a fixed rate, in packets that lie in memory which client and server share.

They are older than Play and Record, and what has no rate of its own is better off with those.
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct

from bastide.base import DataspaceCap, Duration, Session, SessionArgs, SignalCap, rpc

RATE, PERIOD = 44_100, 512
"""Samples per second, and per packet."""

PACKET_TIME = Duration(PERIOD * 1_000_000 // RATE)

POSITIONS, POSITION = Struct("<II"), Struct("<I")
SERVER, CLIENT = 0, POSITION.size
"""At the start of the memory: the packet at which the server is, and the one at which the client is. Equal: no packet
waits for the server. Each writes its own alone."""

FLAGS = Struct("<II")
"""At the start of each packet: `valid`, `wait_for_play`. Then its samples, 32-bit numbers from -1.0 to 1.0."""

PACKET = FLAGS.size + PERIOD * 4
"""Bytes."""

PACKETS_OUT, PACKETS_IN = 256, 431

STREAM_OUT, STREAM_IN = (POSITIONS.size + packets * PACKET for packets in (PACKETS_OUT, PACKETS_IN))
"""Bytes of the shared memory."""


@dataclass(frozen=True)
class AudioArgs(SessionArgs):
    """`channel` is `left` or `right`."""

    channel: str = "left"


class AudioSession(Session):
    """What both have in common."""

    @rpc
    def start(self) -> None: ...

    @rpc
    def stop(self) -> None: ...

    @rpc
    def dataspace(self) -> DataspaceCap: ...

    @rpc
    def progress_sigh(self, context: SignalCap | None) -> None:
        """Where to tell that a packet was played or recorded."""

    @rpc
    def data_avail_sigh(self) -> SignalCap:
        """Where the client tells that there is a packet to be played, or room for one, again."""
        ...


class AudioOutSession(AudioSession):
    service, ram_quota, cap_quota = "Audio_out", str((16 << 10) + STREAM_OUT), 4

    @rpc
    def alloc_sigh(self, context: SignalCap | None) -> None:
        """Where to tell that there is room again for a packet."""


class AudioInSession(AudioSession):
    service, ram_quota, cap_quota = "Audio_in", str((16 << 10) + STREAM_IN), 4

    @rpc
    def overrun_sigh(self, context: SignalCap | None) -> None:
        """Where to tell that a packet was lost, as the client is too slow."""
