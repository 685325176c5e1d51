"""stream_source: times packets to stream_sink and back, with as many under way as there is room for."""

from __future__ import annotations

from dataclasses import dataclass

from bastide.base import Bytes, Capability, Env, Session, SessionArgs, rpc
from bastide.lib.packet_stream import Format, OpenedChannel, Packet, Slots, Source
from bastide.session.packet_stream import PacketChannel

from ..batches import Batches

PACKETS = Format(Packet, "II", 1024)


@dataclass(frozen=True)
class StreamArgs(SessionArgs):
    buffer: Bytes = Bytes(0)
    copy: bool = False

    @property
    def ram(self) -> int:
        return self.buffer


class StreamBench(Session):
    service, ram_quota, cap_quota = "Stream_bench", "64K", 6

    @rpc
    def tx(self) -> Capability[PacketChannel]: ...


class Main:
    def __init__(self, env: Env) -> None:
        config = env.config.node
        self._count = config.attribute("count", 0)
        self._batches = Batches(env, "stream", self._count, self._begin)
        self._size, self._copy = config.attribute("size", 0), config.attribute("copy", False)
        room = Slots((self._size + 63) // 64 * 64)
        session = StreamBench.connect(env, "", StreamArgs(config.attribute("buffer", Bytes(0)), self._copy))
        self._channel = OpenedChannel(env, session.tx(), self._progress)
        self._source: Source[Packet] = Source(self._channel, PACKETS, room)
        self._data = bytes(range(256)) * (self._size // 256 + 1)
        self._batches.begin()

    def _begin(self) -> None:
        self._unsent = self._under_way = self._count
        self._send()

    def _send(self) -> None:
        source, size = self._source, self._size
        packets = source.allocate(size, min(self._unsent, source.ready))
        if self._copy:
            data = memoryview(self._data)[:size]
            for packet in packets:
                source.content(packet)[:] = data
        else:
            content = source.content
            for packet in packets:
                content(packet)[0] = 1
        self._unsent -= len(packets)
        source.submit(packets)
        source.wakeup()

    def _progress(self) -> None:
        source = self._source
        source.release(collected := source.collect())
        self._under_way -= len(collected)
        if self._under_way:
            self._send()
        else:
            self._batches.end()


construct = Main
