"""Arrangements as the ports keep them: which piece of which memory lies where.

Invariants: pieces are whole pages, lie within the arrangement and within their memory, and never overlap. Freed memory
is left out wherever pieces are looked at, so that it leaves a hole. How pieces are mapped is each port's own affair.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from bastide.kernel.interface import MAX_PIECES, Memory

PAGE = 4096


class Backing(Memory, Protocol):
    """A port's own memory."""

    @property
    def freed(self) -> bool: ...


M = TypeVar("M", bound=Backing)


@dataclass(frozen=True)
class Piece(Generic[M]):
    """The part of `memory` from `offset` on, to be found from `at` on. All in bytes, whole pages."""

    at: int
    memory: M
    offset: int
    size: int
    writeable: bool

    @property
    def end(self) -> int:
        return self.at + self.size


class Pieces(Generic[M]):
    """Implements what core sees of `Arrangement`, for memory of one kind."""

    def __init__(self, size: int, kind: type[M]) -> None:
        if size < PAGE or size % PAGE:
            raise ValueError(f"an arrangement of {size} bytes cannot be had: it takes one or more whole pages")
        self.size = size
        self._kind = kind
        self._pieces: list[Piece[M]] = []           # by address

    def place(self, at: int, memory: Memory, offset: int, size: int, writeable: bool) -> None:
        if not isinstance(memory, self._kind):
            raise TypeError("memory of another machine, or an arrangement, cannot be placed in an arrangement")
        if size < PAGE or at % PAGE or offset % PAGE or size % PAGE:
            raise ValueError(f"{size} bytes from offset {offset} at {at} are not whole pages")
        if offset < 0 or offset + size > memory.size:
            raise ValueError(f"{size} bytes from offset {offset} exceed the memory of {memory.size} bytes")
        if at < 0 or at + size > self.size:
            raise ValueError(f"{size} bytes at {at} exceed the arrangement of {self.size} bytes")
        if len(self._pieces) >= MAX_PIECES:
            raise ValueError(f"too many pieces in one arrangement: {MAX_PIECES} is the limit")
        index = self._index(at)
        neighbours = self._pieces[max(0, index - 1):index + 1]
        if any(other.at < at + size and at < other.end for other in neighbours):
            raise ValueError(f"{size} bytes at {at} overlap a piece that is there")
        self._pieces.insert(index, Piece(at, memory, offset, size, writeable))

    def remove(self, at: int) -> None:
        index = self._index(at)
        if index < len(self._pieces) and self._pieces[index].at == at:
            del self._pieces[index]

    def free(self) -> None:
        self._pieces.clear()

    def __iter__(self) -> Iterator[Piece[M]]:
        """By address."""
        return (piece for piece in self._pieces if not piece.memory.freed)

    def since(self, at: int) -> Piece[M] | None:
        """The first piece that begins at the address or later."""
        rest = self._pieces[self._index(at):]
        return next((piece for piece in rest if not piece.memory.freed), None)

    def _index(self, at: int) -> int:
        return bisect_left(self._pieces, at, key=lambda piece: piece.at)
