"""The two parties of a packet stream."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Generic

from bastide.base import Resource
from bastide.lib.packet_stream.channel import Channel
from bastide.lib.packet_stream.queue import Consumer, Format, P, Packet, Producer
from bastide.lib.packet_stream.room import Ranges, Room


class _End(Resource, Generic[P]):
    """What sources and sinks have in common. They go with the account of the channel, before its memory does."""

    def __init__(self, channel: Channel, format: Format[P]) -> None:
        view, size = channel.view, format.queue_size
        if len(view) <= format.overhead:
            raise ValueError(f"a dataspace of {len(view)} bytes has no room behind queues of {format.overhead}")
        super().__init__(channel.account)
        self.broken = ""
        """Why this stream carries nothing any more; empty as long as it does."""
        self._format, self._channel, self._view = format, channel, view[:]
        self._begin, self._end = format.overhead, len(view)
        self._submitted, self._acknowledged = view[:size], view[size:2 * size]
        self._progress = False
        self._producer: Producer
        self._consumer: Consumer

    def content(self, packet: P) -> memoryview:
        """The content of a packet, in place."""
        offset: int = packet[0]
        return self._view[offset:offset + packet[1]]

    def wakeup(self) -> None:
        """Tell the other party, if there is something to be told since the last time."""
        if self._progress:
            self._progress = False
            self._channel.peer.submit()

    def _within(self, packets: Sequence[P]) -> bool:
        """Whether all have their content in the buffer."""
        begin, end = self._begin, self._end
        return not [packet for packet in packets
                    if (packet[0] < begin or packet[0] + packet[1] > end) and packet[1]]

    def _release(self) -> None:
        self._break("it is closed")
        self._producer.close()
        self._consumer.close()
        for view in (self._submitted, self._acknowledged, self._view):
            view.release()

    def _break(self, reason: str) -> None:
        self.broken = self.broken or reason


class Source(_End[P]):
    """The party that originates packets. `room` says where their content goes."""

    def __init__(self, channel: Channel, format: Format[P], room: Room | None = None) -> None:
        super().__init__(channel, format)
        self._room = room or Ranges()
        self._room.cover(self._begin, self._end)
        self._producer = Producer(self._submitted, format)
        self._consumer = Consumer(self._acknowledged, format)
        self._under_way: dict[int, int] = {}        # size by offset
        self._empty = 0                             # packets without content that are under way

    @property
    def ready(self) -> int:
        """How many packets can be submitted now."""
        return self._format.slots - 1 - len(self._under_way) - self._empty

    def allocate(self, size: int, count: int = 1) -> list[Packet]:
        """Room for up to `count` packets of that size: fewer if the buffer is full, which changes with `release`."""
        return [Packet(offset, size) for offset in self._room.take(size, count)]

    def release(self, packets: Iterable[P | Packet]) -> None:
        """Use the room of these packets again."""
        self._room.give_back(packets)

    def submit(self, packets: Sequence[P]) -> None:
        """Raises ValueError if these are more than `ready`, lie elsewhere, or are under way."""
        if self.broken:
            return
        if len(packets) > self.ready:
            raise ValueError(f"{len(packets)} packets are too many: {self.ready} more can be under way")
        if not self._within(packets):
            raise ValueError("a packet lies outside of the buffer")
        sizes = {packet[0]: packet[1] for packet in packets if packet[1]}
        empty = [packet for packet in packets if not packet[1]]
        if len(sizes) + len(empty) < len(packets) or not self._under_way.keys().isdisjoint(sizes):
            raise ValueError("a packet is under way already")
        self._under_way |= sizes
        self._empty += len(empty)
        if not self._producer.put(self._format.pack(packets), len(packets)):
            self._break("the sink's end of the submit queue is nowhere")
        self._progress = True

    def collect(self) -> list[P]:
        """The packets that were acknowledged since the last time."""
        if self.broken:
            return []
        data = self._consumer.take()
        if data is None:
            self._break("the sink's end of the acknowledge queue is nowhere")
            return []
        packets, forget = self._format.unpack(data), self._under_way.pop
        for packet in packets:
            if packet[1]:
                if forget(packet[0], -1) != packet[1]:
                    self._break("a packet was acknowledged that was not under way")
                    return []
            elif (empty := self._empty - 1) >= 0:
                self._empty = empty
            else:
                self._break("a packet was acknowledged that was not under way")
                return []
        return packets


class Sink(_End[P]):
    """The party that uses packets."""

    def __init__(self, channel: Channel, format: Format[P]) -> None:
        super().__init__(channel, format)
        self._consumer = Consumer(self._submitted, format)
        self._producer = Producer(self._acknowledged, format)

    def take(self) -> list[P]:
        """The packets that were submitted since the last time, at most as many as a queue has slots."""
        if self.broken:
            return []
        data = self._consumer.take()
        if data is None:
            self._break("the source's end of the submit queue is nowhere")
            return []
        packets = self._format.unpack(data)
        if not self._within(packets):
            self._break("a packet lies outside of the buffer")
            return []
        return packets

    def acknowledge(self, packets: Sequence[P]) -> None:
        """Hand packets back, in any order."""
        if self.broken or not packets:
            return
        if not self._producer.put(self._format.pack(packets), len(packets)):
            self._break("the source has more packets under way than it may")
        self._progress = True
