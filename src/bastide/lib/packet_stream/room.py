"""Where in the buffer of a packet stream the content of packets lies. This is up to the source alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol


class Room(Protocol):
    """Who decides where in the buffer the content of packets lies."""

    def cover(self, begin: int, end: int) -> None:
        """Begin with the empty buffer at these offsets."""

    def take(self, size: int, count: int) -> list[int]:
        """Offsets of up to `count` free pieces of that size."""
        ...

    def give_back(self, packets: Iterable[Any]) -> None: ...


class Slots:
    """Pieces of one size, for packets that are about alike: taken and given back at no cost."""

    def __init__(self, size: int, shift: int = 0) -> None:
        """Content begins `shift` bytes into its slot."""
        self._size, self._shift = size, shift
        self._free: list[int] = []
        self._taken: set[int] = set()

    def cover(self, begin: int, end: int) -> None:
        self._free = [begin + number * self._size + self._shift for number in range((end - begin) // self._size)][::-1]

    def take(self, size: int, count: int) -> list[int]:
        if not 0 < size <= self._size - self._shift:
            raise ValueError(f"packets have 1 to {self._size - self._shift} bytes here, not {size}")
        count = min(count, len(self._free))
        if not count:
            return []
        taken, self._free[-count:] = self._free[-count:], []
        self._taken.update(taken)
        return taken

    def give_back(self, packets: Iterable[Any]) -> None:
        offsets = [packet[0] for packet in packets if packet[1]]
        left = len(self._taken) - len(offsets)
        self._taken.difference_update(offsets)
        if len(self._taken) != left:
            raise ValueError("a packet was released that was not allocated")
        self._free += offsets


class Ranges:
    """Pieces of any size, aligned, the first that fits. Free neighbours become one piece again."""

    def __init__(self, alignment: int = 1) -> None:
        self._alignment = alignment
        self._free: list[tuple[int, int]] = []          # begin and end, in order
        self._taken: dict[int, int] = {}                # end by begin

    def cover(self, begin: int, end: int) -> None:
        self._free = [(begin, end)]

    def take(self, size: int, count: int) -> list[int]:
        if size <= 0:
            raise ValueError(f"packets have 1 byte at least, not {size}; those without content need no room")
        found = list[int]()
        while len(found) < count and (offset := self._take_one(size)) is not None:
            found.append(offset)
        return found

    def give_back(self, packets: Iterable[Any]) -> None:
        for packet in packets:
            if packet[1]:
                if packet[0] not in self._taken:
                    raise ValueError("a packet was released that was not allocated")
                self._insert(packet[0], self._taken.pop(packet[0]))

    def _take_one(self, size: int) -> int | None:
        for place, (begin, end) in enumerate(self._free):
            offset = -(-begin // self._alignment) * self._alignment
            if offset + size <= end:
                self._free[place:place + 1] = [piece for piece in ((begin, offset), (offset + size, end))
                                               if piece[0] < piece[1]]
                self._taken[offset] = offset + size
                return offset
        return None

    def _insert(self, begin: int, end: int) -> None:
        place = next((place for place, piece in enumerate(self._free) if piece[0] >= end), len(self._free))
        if place < len(self._free) and self._free[place][0] == end:
            end = self._free.pop(place)[1]
        if place > 0 and self._free[place - 1][1] == begin:
            place -= 1
            begin = self._free.pop(place)[0]
        self._free.insert(place, (begin, end))
