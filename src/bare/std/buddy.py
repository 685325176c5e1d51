"""A buddy allocator: blocks of 2**order pages, each aligned to its size, that merge again when both halves are free.

`N` is the number of pages. Pages are named by their index; what they are pages of is the caller's matter. The allocator
starts with nothing: memory is given to it page by page or in blocks, by `release`.
"""

from __future__ import annotations

from typing import Final, Generic, Literal, TypeVar

from bare import Array, Enum, Err, Ok, Result, Struct, len, range, u8, u32, u64
from bare.std.list import Links, List

N = TypeVar("N", bound=int)

ORDERS: Final = 16


class Misuse(Enum):
    """Why a block can't be released."""

    OUTSIDE = 0                         # it is not within the memory, or not aligned to its size
    FREE = 1                            # some of it is free already


class Buddy(Struct, Generic[N]):
    free: Array[List, Literal[16]]      # the free blocks of each order, by their first page
    links: Links[N]
    order: Array[u8, N]                 # of the free block that begins at a page; 0 is none, else order + 1
    pages_free: u64

    def allocate(self, order: u64) -> u32 | None:
        """The first page of a block, if there is one. The smallest block that is large enough is split."""
        found = order
        while found < ORDERS:
            block = self.free[found].first
            if block is not None:
                self._unlink(block, found)
                while found > order:
                    found -= 1
                    self._link(block + u32(u64(1) << found), found)
                self.pages_free -= u64(1) << order
                return block
            found += 1
        return None

    def release(self, page: u32, order: u64) -> Result[u32, Misuse]:
        """Give a block; the result is the first page of the free block that it is in now."""
        if order >= ORDERS or u64(page) % (u64(1) << order) != 0 or u64(page) + (u64(1) << order) > len(self.order):
            return Err(Misuse.OUTSIDE)
        if self._touches_free(page, order):
            return Err(Misuse.FREE)
        self.pages_free += u64(1) << order
        block = page
        size = order
        while size + 1 < ORDERS:
            other = block ^ u32(u64(1) << size)
            if u64(other) + (u64(1) << size) > len(self.order) or u64(self.order[u64(other)]) != size + 1:
                break
            self._unlink(other, size)
            block = block & other
            size += 1
        self._link(block, size)
        return Ok(block)

    def _touches_free(self, page: u32, order: u64) -> bool:
        """Is any page of a block part of a free block?"""
        for at in range(u64(page), u64(page) + (u64(1) << order)):
            if self.order[at] != 0:
                return True
        above = order + 1
        while above < ORDERS:           # a larger free block can only begin where its own alignment allows
            start = u64(page) >> above << above
            if u64(self.order[start]) > above:
                return True
            above += 1
        return False

    def _link(self, block: u32, order: u64) -> None:
        self.order[u64(block)] = u8(order + 1)
        self.free[order].prepend(self.links, block)

    def _unlink(self, block: u32, order: u64) -> None:
        self.order[u64(block)] = u8(0)
        self.free[order].remove(self.links, block)
