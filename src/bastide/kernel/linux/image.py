"""The image: the zygote's memory as one sealed file, so that a component can share a page again that it has written to.

A component shares each page of the zygote's memory until it writes to it, and already to count a reference is to write.
Most of what its start writes to is as good as before when the start is over, but anonymous memory has nothing to go
back to. So the zygote moves its memory into a memfd, and maps that privately at the same addresses. To drop a private
page (MADV_DONTNEED) then brings the one of the file back.

Memory is moved while Python runs in it: each region is copied to the file, and mapped over, with no instruction of the
interpreter in between. A chain of contexts does it (`makecontext`): each calls one function and goes on to the next.

This file knows how to move and to restore. What is worth restoring, `traces.py` finds out.
"""

from __future__ import annotations

import _thread
import ctypes
import fcntl
import mmap
import os
import re
import struct
from array import array
from collections.abc import Container, Iterable, Mapping, Sequence
from itertools import accumulate, chain
from typing import NamedTuple

from bastide.kernel.linux.memory import PAGE, map_memory, unmap_memory

_F_ADD_SEALS, _SEAL_ALL = 1033, 0xF         # SEAL, SHRINK, GROW, WRITE
_MADV_DONTNEED, _MADV_POPULATE_WRITE = 4, 23       # the latter since Linux 5.14
_PRIVATE_FIXED = mmap.MAP_PRIVATE | 0x10
_READ_WRITE = mmap.PROT_READ | mmap.PROT_WRITE

# ucontext.h, of both architectures: flags, link, and the stack's address, flags and size; the rest is the C library's
_CONTEXT_BYTES, _STACK_BYTES = 8 << 10, 8 << 10
_LINK, _STACK = 8, 16

_WRITEABLE = re.compile(r"([0-9a-f]+)-([0-9a-f]+) rw-p ")

_libc = ctypes.PyDLL(None, use_errno=True)
_libc.__errno_location.restype = ctypes.c_size_t
_libc.memcmp.argtypes = (ctypes.c_size_t, ctypes.c_size_t, ctypes.c_size_t)
_libc.madvise.argtypes = (ctypes.c_size_t, ctypes.c_size_t, ctypes.c_int)
differ, _advise = _libc.memcmp, _libc.madvise

words = (ctypes.c_uint64 * (1 << 44)).from_address(0)
shorts = (ctypes.c_uint16 * (1 << 46)).from_address(0)
"""All memory."""

_expected: list[Region] = []
"""What `bring` makes our own."""


class Region(NamedTuple):
    start: int
    size: int

    def has(self, address: int) -> bool:
        return self.start <= address < self.start + self.size

    def pages(self) -> range:
        """Their addresses."""
        return range(self.start, self.start + self.size, PAGE)


class Bookkeeping:
    """Numbers that may be set back to what they are in the image, all of one size: `memory` is `words` or `shorts`."""

    def __init__(self, memory: ctypes.Array[ctypes.c_uint64] | ctypes.Array[ctypes.c_uint16], pages: Sequence[int],
                 places: Iterable[int]) -> None:
        self._memory, self._size = memory, ctypes.sizeof(memory._type_)
        by_page: dict[int, list[int]] = {page: [] for page in pages}
        for place in places:
            by_page[place * self._size // PAGE * PAGE].append(place)
        self._places = array("Q", chain.from_iterable(by_page.values()))
        self._ends = array("Q", accumulate(map(len, by_page.values()), initial=0))
        self._values = array("Q", self._places)

    def look_up(self, number: int, distance: int) -> None:
        """Take over the numbers on the page of that number, whose original lies at a distance of so many bytes."""
        for at in range(self._ends[number], self._ends[number + 1]):
            self._values[at] = self._memory[self._places[at] + distance // self._size]

    def set_back(self, number: int) -> None:
        memory, places, values = self._memory, self._places, self._values
        for at in range(self._ends[number], self._ends[number + 1]):
            if memory[places[at]] != values[at]:
                memory[places[at]] = values[at]


class Choice:
    """Pages to restore, and numbers on them that may then be set back: places in `words`, and in `shorts`.

    All that takes memory is done before there is an image: what the zygote itself writes to can't be restored.
    """

    def __init__(self, pages: Sequence[int], counts: Iterable[int] = (), warmups: Iterable[int] = ()) -> None:
        self.pages = array("Q", pages)
        self.originals = array("Q", pages)
        self.numbers = Bookkeeping(words, pages, counts), Bookkeeping(shorts, pages, warmups)

    def look_up(self, image: Image) -> None:
        """Where the pages are in the image, and what the numbers are there."""
        for number, page in enumerate(self.pages):
            original = self.originals[number] = image.original(page)
            for numbers in self.numbers:
                numbers.look_up(number, original - page)

    def leave(self, pages: Container[int]) -> None:
        """Restore all but these."""
        for number, page in enumerate(self.pages):
            if page in pages:
                self.pages[number] = 0


_chosen = Choice(())


def choose(choice: Choice) -> None:
    """What `restore` looks at from now on."""
    global _chosen
    _chosen = choice


def restore() -> None:
    """Share again each page that is as good as the image's.

    Python must not write to a page between comparison and drop. Where calls make it write, it has written for the one
    that compares already, so such a page is not equal; nor is it ever chosen (`traces.py`). Other threads could write
    anywhere, so there must be none.
    """
    if _thread._count():
        return
    counts, warmups = _chosen.numbers
    for number, (page, original) in enumerate(zip(_chosen.pages, _chosen.originals, strict=True)):
        if page and differ(page, original, PAGE):
            counts.set_back(number)
            warmups.set_back(number)
        if page and not differ(page, original, PAGE):
            _advise(page, PAGE, _MADV_DONTNEED)


def bring() -> None:
    """Get own copies of the pages that a start is about to write to. It spends half of its time on that."""
    for start, size in _expected:
        _advise(start, size, _MADV_POPULATE_WRITE)      # refused by an old kernel, which copies them one by one


def expect(pages: Iterable[int]) -> None:
    """What `bring` gets from now on."""
    _expected.clear()
    for page in sorted(pages):
        last = _expected[-1] if _expected else Region(0, 0)
        if last.start + last.size == page:
            _expected[-1] = Region(last.start, last.size + PAGE)
        else:
            _expected.append(Region(page, PAGE))


class Image:
    """Made of all that the process may write to. What it writes from now on is private again.

    Raises OSError, and AttributeError if the C library has no contexts; then nothing has changed.
    """

    def __init__(self, regions: Sequence[Region]) -> None:
        self._places = dict(zip(regions, accumulate((region.size for region in regions), initial=0), strict=False))
        size = sum(region.size for region in regions)
        file = os.memfd_create("image", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        try:
            os.posix_fallocate(file, 0, size)       # no write may fail for want of memory
            self._view = map_memory(None, size, mmap.PROT_READ, mmap.MAP_PRIVATE, file, 0)
            _move(file, self._places)
            fcntl.fcntl(file, _F_ADD_SEALS, _SEAL_ALL)
        finally:
            os.close(file)

    def original(self, page: int) -> int:
        """Where the image's page can be looked at."""
        return next(self._view + offset + page - region.start for region, offset in self._places.items()
                    if 0 <= page - region.start < region.size)


def writeable_regions(maps: int) -> list[Region]:
    """All private memory that may be written to, but the stack, and where the kernel writes to at any time: near errno.

    `maps` is a descriptor of /proc/self/maps.
    """
    excluded = (_libc.__errno_location(), ctypes.c_size_t.in_dll(_libc, "__libc_stack_end").value)
    os.lseek(maps, 0, os.SEEK_SET)
    with os.fdopen(maps, closefd=False) as file:
        found = [_WRITEABLE.match(line) for line in file.read().splitlines()]
    regions = [(int(match[1], 16), int(match[2], 16)) for match in found if match]
    return [Region(start, end - start) for start, end in regions
            if not any(start <= address < end for address in excluded)]


def _move(file: int, places: Mapping[Region, int]) -> None:
    """Copy each region to the file, then map the file over it."""
    calls: list[tuple[object, tuple[int, ...]]] = []
    for (start, size), offset in places.items():
        calls.append((_libc.pwrite, (file, start, size, offset)))
        calls.append((_libc.mmap, (start, size, _READ_WRITE, _PRIVATE_FIXED, file, offset)))
    each = _CONTEXT_BYTES + _STACK_BYTES
    size = (len(calls) + 1) * each
    base = map_memory(None, size, _READ_WRITE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, -1, 0)
    contexts = (ctypes.c_char * size).from_address(base)
    for number, (function, arguments) in enumerate(calls, 1):
        at = number * each
        following = (number + 1) % (len(calls) + 1) * each
        _libc.getcontext(ctypes.c_void_p(base + at))
        struct.pack_into("Q", contexts, at + _LINK, base + following)
        struct.pack_into("QQQ", contexts, at + _STACK, base + at + _CONTEXT_BYTES, 0, _STACK_BYTES)
        longs = [ctypes.c_long(argument) for argument in arguments]
        _libc.makecontext(ctypes.c_void_p(base + at), function, len(longs), *longs)
    _libc.swapcontext(ctypes.c_void_p(base), ctypes.c_void_p(base + each))
    unmap_memory(base, size)
