"""stream_sink: serves a packet stream, and looks at each packet or copies it."""

from __future__ import annotations

from dataclasses import dataclass

from bastide.base import Bytes, Capability, Env, Session, SessionArgs, SessionRequest, rpc
from bastide.lib.packet_stream import Format, Packet, ServedChannel, Sink
from bastide.session.packet_stream import PacketChannel

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


class Served(StreamBench):
    def __init__(self, env: Env, request: SessionRequest) -> None:
        args = request.args(StreamArgs)
        self._channel = ServedChannel(env, request.account, PACKETS.overhead + args.buffer,
                                      self._copy if args.copy else self._look)
        self._sink: Sink[Packet] = Sink(self._channel, PACKETS)
        self._target = memoryview(bytearray(1 << 20))
        self.sum = 0

    def tx(self) -> Capability[PacketChannel]:
        return self._channel.cap

    def _look(self) -> None:
        sink, content, total = self._sink, self._sink.content, 0
        for packet in (packets := sink.take()):
            total += content(packet)[0]
        self.sum += total
        sink.acknowledge(packets)
        sink.wakeup()

    def _copy(self) -> None:
        sink = self._sink
        for packet in (packets := sink.take()):
            self._target[:packet.size] = sink.content(packet)
        sink.acknowledge(packets)
        sink.wakeup()


def construct(env: Env) -> None:
    StreamBench.announce(env, lambda request: Served(env, request))
