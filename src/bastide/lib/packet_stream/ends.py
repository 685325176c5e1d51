"""The two parties of a packet stream."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import repeat
from typing import Any, Generic

from bastide.base import Resource
from bastide.lib.packet_stream.channel import Channel
from bastide.lib.packet_stream.queue import EMPTY, Consumer, Format, P, Packet, Producer
from bastide.lib.packet_stream.room import Ranges, Room

_PACKET: Callable[[Iterable[Any]], Packet] = partial(tuple.__new__, Packet)
"""Makes packets in half of the time that `Packet` takes."""


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
        self._under_way: set[int] = set()           # keys of packets with content
        self._empty = 0                             # packets without content that are under way

    @property
    def ready(self) -> int:
        """How many packets can be submitted now."""
        return self._format.slots - 1 - len(self._under_way) - self._empty

    def allocate(self, size: int, count: int = 1) -> list[Packet]:
        """Room for up to `count` packets of that size: fewer if the buffer is full, which changes with `release`."""
        return list(map(_PACKET, zip(self._room.take(size, count), repeat(size), strict=False)))

    def release(self, packets: Iterable[P | Packet]) -> None:
        """Use the room of these packets again."""
        self._room.give_back(packets)

    def submit(self, packets: Sequence[P]) -> None:
        """Raises ValueError if these are more than `ready`, lie elsewhere, or are under way."""
        if self.broken:
            return
        if len(packets) > self.ready:
            raise ValueError(f"{len(packets)} packets are too many: {self.ready} more can be under way")
        data = self._format.pack(packets)
        if not self._format.within(data, self._begin, self._end):
            raise ValueError("a packet lies outside of the buffer")
        keys, empty = self._keys(data)
        before = len(self._under_way)
        self._under_way.update(keys)
        self._empty += empty
        if len(self._under_way) < before + len(keys):
            self._break("a packet was submitted twice")
            raise ValueError("a packet is under way already")
        if not self._producer.put(data, len(packets)):
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
        keys, empty = self._keys(data)
        left = len(self._under_way) - len(keys)
        self._under_way.difference_update(keys)
        self._empty -= empty
        if len(self._under_way) != left or self._empty < 0:
            self._break("a packet was acknowledged that was not under way")
            return []
        return self._format.unpack(data)

    def _keys(self, data: bytes) -> tuple[list[int], int]:
        """The keys of packets with content, and how many packets have none."""
        keys = self._format.keys(data)
        if not keys or min(keys) >= EMPTY:
            return keys, 0
        full = [key for key in keys if key >= EMPTY]
        return full, len(keys) - len(full)


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
        if not self._format.within(data, self._begin, self._end):
            self._break("a packet lies outside of the buffer")
            return []
        return self._format.unpack(data)

    def acknowledge(self, packets: Sequence[P]) -> None:
        """Hand packets back, in any order."""
        if self.broken or not packets:
            return
        if not self._producer.put(self._format.pack(packets), len(packets)):
            self._break("the source has more packets under way than it may")
        self._progress = True
