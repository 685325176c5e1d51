"""Arrangements of the in-process kernel: the pages of each piece are mapped once more, in its place.

Holes read as zeros, where other kernels fault. Writing to a piece that was placed read-only is a fault here too, and
ends the process.
"""

from __future__ import annotations

import ctypes
import mmap

from bastide.kernel.inprocess.memory import Attachment, Memory
from bastide.kernel.interface import IpcError
from bastide.kernel.pieces import Pieces


class Arrangement(Pieces[Memory]):
    def __init__(self, size: int) -> None:
        super().__init__(size, Memory)

    def attach(self, writeable: bool) -> Attachment:
        try:
            pages = mmap.mmap(-1, self.size, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        except (OSError, OverflowError, ValueError) as error:
            raise IpcError(f"an arrangement of {self.size} bytes cannot be attached: {error}") from error
        start = ctypes.addressof(ctypes.c_ubyte.from_buffer(pages))
        pieces = list(self)
        for piece in pieces:
            piece.memory.map_at(start + piece.at, piece.offset, piece.size, piece.writeable)
        return Attachment(pages, writeable, pieces)     # what was mapped over the pages goes with them

    def read(self, offset: int = 0, size: int | None = None) -> bytes:
        """A copy, by default up to the end. Raises IpcError for a part outside."""
        end = self.size if size is None else offset + size
        if not 0 <= offset <= end <= self.size:
            raise IpcError(f"bytes {offset} to {end} do not lie within the arrangement's {self.size} bytes")
        try:
            content = bytearray(end - offset)
        except MemoryError:
            raise IpcError(f"there is no room for a copy of {end - offset} bytes") from None
        for piece in self:
            first, last = max(piece.at, offset), min(piece.end, end)
            if first < last:
                content[first - offset:last - offset] = piece.memory.read(piece.offset + first - piece.at, last - first)
        return bytes(content)
