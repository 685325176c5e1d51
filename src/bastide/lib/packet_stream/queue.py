"""The queues of a packet stream: packets as descriptors in shared memory, and the two ends of a ring of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from itertools import chain
from struct import Struct, pack
from typing import Any, Generic, NamedTuple, TypeVar

ALIGNMENT = 64
"""Of the buffer within the dataspace."""

INDICES = 8
"""Bytes in front of each ring: head and tail."""

EMPTY = 1 << 32
"""Keys of packets without content are smaller."""

_HEAD, _TAIL = 0, 1
_PAIR = Struct("<II")


class Packet(NamedTuple):
    """A range of the shared dataspace, in bytes. Size 0: no content."""

    offset: int
    size: int


P = TypeVar("P", bound=tuple[Any, ...])


class Format(Generic[P]):
    """How the packets of one kind of session are described in queues of that many slots.

    `kind` is a NamedTuple that begins with `offset` and `size`; `fields` are its members for `struct`.
    """

    def __init__(self, kind: type[P], fields: str, slots: int) -> None:
        self.slots = slots
        self.descriptor = Struct("<" + fields)
        self.queue_size = INDICES + (slots * self.descriptor.size + 7) // 8 * 8
        self.overhead = (2 * self.queue_size + ALIGNMENT - 1) // ALIGNMENT * ALIGNMENT
        """Bytes in front of the buffer."""
        # What follows is done for each packet: by the interpreter's own functions, several times as fast as by others.
        self._further = further = self.descriptor.size - _PAIR.size
        self._make: Callable[[Iterable[Any]], P] = partial(tuple.__new__, kind)
        self._alike = not fields.strip("I")         # then a whole batch is packed at once
        self._pairs, self._key = Struct(f"<II{further}x"), Struct(f"<Q{further}x")

    def pack(self, packets: Iterable[P]) -> bytes:
        if self._alike:
            values = list(chain.from_iterable(packets))
            return pack(f"<{len(values)}I", *values)
        return b"".join([self.descriptor.pack(*packet) for packet in packets])

    def unpack(self, data: bytes) -> list[P]:
        return list(map(self._make, self.descriptor.iter_unpack(data)))

    def within(self, data: bytes, begin: int, end: int) -> bool:
        """Whether all packets that have content have it there."""
        return not [size for offset, size in self._pairs.iter_unpack(data)
                    if (offset < begin or offset + size > end) and size]

    def keys(self, data: bytes) -> list[int]:
        """A number for each packet, made of its range. For those without content, it is below `EMPTY`."""
        if not self._further:
            return memoryview(data).cast("Q").tolist()
        return [key for key, in self._key.iter_unpack(data)]


class _Ring:
    """One party's end of a queue in shared memory. It keeps its own index, and reads the other one once each time."""

    def __init__(self, memory: memoryview, format: Format[Any]) -> None:
        self._indices, self._ring = memory[:INDICES].cast("I"), memory[INDICES:]
        self._slots, self._width = format.slots, format.descriptor.size
        self._own = 0

    def close(self) -> None:
        self._indices.release()
        self._ring.release()


class Producer(_Ring):
    def put(self, data: bytes, count: int) -> bool:
        """Add descriptors. False: they don't fit, or the other end makes no sense."""
        head, slots, width = self._own, self._slots, self._width
        tail = self._indices[_TAIL]
        if tail >= slots or count > slots - 1 - (head - tail) % slots:
            return False
        first = min(count, slots - head)
        self._ring[head * width:(head + first) * width] = data[:first * width]
        if first < count:
            self._ring[:(count - first) * width] = data[first * width:]
        self._own = self._indices[_HEAD] = (head + count) % slots
        return True


class Consumer(_Ring):
    def take(self) -> bytes | None:
        """A copy of all descriptors that are there. None: the other end makes no sense."""
        tail, slots, width = self._own, self._slots, self._width
        head = self._indices[_HEAD]
        if head >= slots:
            return None
        if head >= tail:
            data = bytes(self._ring[tail * width:head * width])
        else:
            data = bytes(self._ring[tail * width:slots * width]) + bytes(self._ring[:head * width])
        self._own = self._indices[_TAIL] = head
        return data
