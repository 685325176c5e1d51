"""Packet streams between two parties, either of which may do with the shared memory whatever it likes."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bastide.base import Account, Transmitter
from bastide.lib.packet_stream import Format, Packet, Ranges, Room, Sink, Slots, Source


class Request(NamedTuple):
    """A packet with more to say."""

    offset: int
    size: int
    operation: int
    position: int


PLAIN = Format(Packet, "II", 8)
RICH = Format(Request, "IIBQ", 8)

WRITES = st.tuples(st.integers(0, PLAIN.overhead // 4 - 1), st.integers(0, 12) | st.integers(0, 0xffffffff))
"""Where in the queues a hostile party writes which word."""


class Bell(Transmitter):
    """Counts instead of telling."""

    __slots__ = ("rung",)

    def __init__(self) -> None:
        super().__init__()
        self.rung = 0

    def submit(self, count: int = 1) -> None:
        self.rung += 1


class Wire:
    """A channel within one program."""

    def __init__(self, memory: bytearray) -> None:
        self.view = memoryview(memory)
        self.peer: Bell = Bell()
        self.account = Account(cast(Any, None), 0, 0)


class Pair:
    """Source and sink of one stream."""

    def __init__(self, format: Format[Any] = PLAIN, buffer: int = 1000, room: Room | None = None) -> None:
        self.memory = bytearray(format.overhead + buffer)
        self.to_sink, self.to_source = Wire(self.memory), Wire(self.memory)
        self.source: Source[Any] = Source(self.to_sink, format, room)
        self.sink: Sink[Any] = Sink(self.to_source, format)


def test_content_arrives_and_its_room_is_used_again() -> None:
    pair = Pair(room=Slots(100))
    offsets = set()
    for number in range(50):
        [packet] = pair.source.allocate(10)
        pair.source.content(packet)[:] = bytes([number]) * 10
        pair.source.submit([packet])
        taken = pair.sink.take()
        assert [bytes(pair.sink.content(one)) for one in taken] == [bytes([number]) * 10]
        pair.sink.acknowledge(taken)
        collected = pair.source.collect()
        assert collected == [packet]
        pair.source.release(collected)
        offsets.add(packet.offset)
    assert len(offsets) == 1


def test_packets_that_say_more_travel_with_all_they_say() -> None:
    pair = Pair(RICH)
    [room] = pair.source.allocate(100)
    request = Request(*room, 3, 1 << 40)
    pair.source.submit([request])
    assert pair.sink.take() == [request]
    pair.sink.acknowledge([request._replace(operation=7)])
    assert pair.source.collect() == [request._replace(operation=7)]


def test_many_are_under_way_and_come_back_in_any_order() -> None:
    pair = Pair()
    packets = pair.source.allocate(10, 7)
    pair.source.submit(packets[:3])
    pair.source.submit(packets[3:])
    assert pair.source.ready == 0
    assert pair.sink.take() == packets
    pair.sink.acknowledge(packets[:-3:-1])
    assert pair.source.collect() == packets[:-3:-1] and pair.source.ready == 2
    pair.sink.acknowledge(packets[:5])
    assert pair.source.collect() == packets[:5] and pair.source.ready == 7


def test_packets_without_content_need_no_room() -> None:
    pair = Pair(RICH)
    requests = [Request(0, 0, 1, number) for number in range(7)]
    pair.source.submit(requests)
    assert pair.source.ready == 0
    pair.sink.acknowledge(pair.sink.take())
    assert pair.source.collect() == requests and pair.source.ready == 7


def test_each_batch_is_told_once_and_nothing_is_told_of_nothing() -> None:
    pair = Pair()
    pair.source.wakeup()
    assert pair.to_sink.peer.rung == 0
    pair.source.submit(pair.source.allocate(10, 3))
    pair.source.wakeup()
    pair.source.wakeup()
    assert pair.to_sink.peer.rung == 1
    pair.sink.acknowledge(pair.sink.take())
    pair.sink.acknowledge(pair.sink.take())
    pair.sink.wakeup()
    assert pair.to_source.peer.rung == 1


@pytest.mark.parametrize(("packets", "reason"), [
    (lambda pair: pair.source.allocate(1, 8), "8 packets are too many: 7 more can be under way"),
    (lambda pair: [Packet(0, 10)], "a packet lies outside of the buffer"),
    (lambda pair: [Packet(len(pair.memory) - 5, 10)], "a packet lies outside of the buffer"),
    (lambda pair: pair.source.allocate(10) * 2, "a packet is under way already"),
])
def test_a_source_is_told_of_its_own_mistakes(packets: Callable[[Pair], list[Packet]], reason: str) -> None:
    pair = Pair()
    with pytest.raises(ValueError, match=reason):
        pair.source.submit(packets(pair))
    assert pair.sink.take() == []


def test_a_dataspace_that_is_too_small_is_refused() -> None:
    with pytest.raises(ValueError, match="a dataspace of 192 bytes has no room behind queues of 192"):
        Pair(buffer=0)


def test_a_closed_end_gives_up_the_memory() -> None:
    pair = Pair()
    pair.source.submit(pair.source.allocate(10))
    pair.to_sink.account.close()
    pair.to_source.account.close()
    assert pair.source.broken == pair.sink.broken == "it is closed"
    assert pair.source.collect() == pair.sink.take() == []
    pair.to_sink.view.release()
    pair.to_source.view.release()
    pair.memory.extend(b"this raises BufferError as long as somebody has a view of it")


def test_a_source_with_an_index_beyond_the_queue_breaks_the_stream() -> None:
    pair = Pair()
    pair.to_sink.view.cast("I")[0] = 8
    assert pair.sink.take() == [] and pair.sink.broken == "the source's end of the submit queue is nowhere"


@pytest.mark.parametrize(("offset", "size"), [
    (0, 4), (PLAIN.overhead - 1, 4), (PLAIN.overhead + 1000, 1), (PLAIN.overhead, 1001), (0xffffffff, 0xffffffff)])
def test_a_submitted_packet_outside_of_the_buffer_breaks_the_stream(offset: int, size: int) -> None:
    pair = Pair()
    words = pair.to_sink.view.cast("I")
    words[2], words[3], words[0] = offset, size, 1
    assert pair.sink.take() == [] and pair.sink.broken == "a packet lies outside of the buffer"


def test_a_source_that_never_collects_breaks_its_own_stream() -> None:
    pair = Pair()
    words = pair.to_sink.view.cast("I")
    for head in range(1, 9):
        words[0] = head % 8
        pair.sink.acknowledge(pair.sink.take())
    assert pair.sink.broken == "the source has more packets under way than it may"


@settings(max_examples=300)
@given(st.lists(WRITES, max_size=60), st.randoms(use_true_random=False))
def test_whatever_a_source_writes_the_sink_touches_nothing_but_the_buffer(
        writes: list[tuple[int, int]], chance: random.Random) -> None:
    pair = Pair()
    words = memoryview(pair.memory)[:PLAIN.overhead].cast("I")
    begin, end = PLAIN.overhead, len(pair.memory)
    for place, word in writes:
        words[place] = word
        if chance.random() < 0.3:
            taken = pair.sink.take()
            assert len(taken) < PLAIN.slots
            assert all(not packet.size or begin <= packet.offset <= packet.offset + packet.size <= end
                       for packet in taken)
            pair.sink.acknowledge(taken)


def test_a_sink_with_an_index_beyond_the_queue_breaks_the_stream() -> None:
    pair = Pair()
    pair.to_source.view.cast("I")[PLAIN.queue_size // 4] = 8
    assert pair.source.collect() == []
    assert pair.source.broken == "the sink's end of the acknowledge queue is nowhere"


def test_a_packet_that_was_never_submitted_is_not_taken_back() -> None:
    pair = Pair()
    pair.sink.acknowledge([Packet(PLAIN.overhead, 10)])
    assert pair.source.collect() == []
    assert pair.source.broken == "a packet was acknowledged that was not under way"


def test_a_packet_without_content_that_was_never_submitted_is_not_taken_back() -> None:
    pair = Pair()
    pair.sink.acknowledge([Packet(0, 0)])
    assert pair.source.collect() == []
    assert pair.source.broken == "a packet was acknowledged that was not under way"


def test_a_packet_is_taken_back_once() -> None:
    pair = Pair()
    packets = pair.source.allocate(10)
    pair.source.submit(packets)
    pair.sink.acknowledge(packets * 2)
    assert pair.source.collect() == [] and pair.source.broken


def test_a_packet_of_another_size_is_not_taken_back() -> None:
    pair = Pair()
    [packet] = pair.source.allocate(10)
    pair.source.submit([packet])
    pair.sink.acknowledge([packet._replace(size=900)])
    assert pair.source.collect() == [] and pair.source.broken


@settings(max_examples=300)
@given(st.lists(WRITES, max_size=60), st.randoms(use_true_random=False))
def test_whatever_a_sink_writes_the_source_gets_back_what_it_submitted_and_no_more(
        writes: list[tuple[int, int]], chance: random.Random) -> None:
    pair = Pair()
    words = memoryview(pair.memory)[:PLAIN.overhead].cast("I")
    under_way: set[Packet] = set()
    for place, word in writes:
        if pair.source.ready and not pair.source.broken and chance.random() < 0.5:
            packets = pair.source.allocate(10)
            pair.source.submit(packets)
            under_way |= set(packets)
        words[place] = word
        collected = pair.source.collect()
        assert under_way.issuperset(collected) and len(set(collected)) == len(collected)
        under_way.difference_update(collected)
        pair.source.release(collected)


@given(st.lists(st.integers(0, 5)), st.sampled_from([PLAIN, Format(Packet, "II", 2), Format(Packet, "II", 3)]),
       st.randoms(use_true_random=False))
def test_whatever_the_order_of_calls_nothing_is_lost_doubled_or_overtaken(
        calls: list[int], format: Format[Packet], chance: random.Random) -> None:
    """Against a model: two lists."""
    pair = Pair(format, room=Slots(16))
    submitted, held, acknowledged = deque[Packet](), list[Packet](), deque[Packet]()
    for call in calls:
        if call < 2:
            packets = pair.source.allocate(16, chance.randint(0, pair.source.ready))
            pair.source.submit(packets)
            submitted += packets
        elif call == 2:
            assert pair.sink.take() == list(submitted)
            held += submitted
            submitted.clear()
        elif call == 3:
            chance.shuffle(held)
            count = chance.randint(0, len(held))
            pair.sink.acknowledge(held[:count])
            acknowledged += held[:count]
            del held[:count]
        else:
            collected = pair.source.collect()
            assert collected == list(acknowledged)
            pair.source.release(collected)
            acknowledged.clear()
        assert pair.source.ready == format.slots - 1 - len(submitted) - len(held) - len(acknowledged)
    assert not pair.source.broken and not pair.sink.broken


@given(st.lists(st.integers(1, 400) | st.none(), max_size=60), st.sampled_from([1, 64]),
       st.randoms(use_true_random=False))
def test_ranges_never_overlap_and_all_room_comes_back(steps: list[int | None], alignment: int,
                                                      chance: random.Random) -> None:
    room, taken = Ranges(alignment), list[Packet]()
    room.cover(1000, 3000)
    for size in steps:
        if size is None and taken:
            room.give_back([taken.pop(chance.randrange(len(taken)))])
        elif size is not None:
            for offset in room.take(size, 2):
                assert offset % alignment == 0 and offset >= 1000 and offset + size <= 3000
                assert all(offset + size <= other.offset or other.offset + other.size <= offset for other in taken)
                taken.append(Packet(offset, size))
    room.give_back(taken)
    assert room.take(1024 if alignment > 1 else 2000, 1)


@pytest.mark.parametrize("room", [Slots(100), Ranges()])
def test_room_takes_back_only_what_it_gave(room: Room) -> None:
    room.cover(0, 1000)
    with pytest.raises(ValueError, match="a packet was released that was not allocated"):
        room.give_back([Packet(0, 10)])
    with pytest.raises(ValueError, match="packets have 1 "):
        room.take(0, 1)


def test_slots_shift_their_content_and_bound_its_size() -> None:
    room = Slots(1600, shift=2)
    room.cover(64, 64 + 3 * 1600 + 100)
    assert room.take(1598, 5) == [64 + 3202, 64 + 1602, 66]
    with pytest.raises(ValueError, match="packets have 1 to 1598 bytes here, not 1599"):
        room.take(1599, 1)

