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
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple

from bastide.kernel.linux.memory import PAGE, map_memory, unmap_memory

_F_ADD_SEALS, _SEAL_ALL = 1033, 0xF         # SEAL, SHRINK, GROW, WRITE
_MADV_DONTNEED = 4
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
differ, _drop = _libc.memcmp, _libc.madvise

memory = (ctypes.c_uint64 * (1 << 44)).from_address(0)
"""All of it, as words."""

# what `restore` looks at: places in `memory` and what to put there; pages, and the same of the image
_places, _counts, _pages, _originals = array("Q"), array("Q"), array("Q"), array("Q")


class Region(NamedTuple):
    start: int
    size: int


def restore() -> None:
    """Share again each page that is as good as the image's.

    Python must not write to a page between comparison and drop. Where calls make it write, it has written for the one
    that compares already, so such a page is not equal; nor is it ever chosen (`traces.py`). Other threads could write
    anywhere, so there must be none.
    """
    if _thread._count():
        return
    for place, count in zip(_places, _counts, strict=True):
        memory[place] = count
    for page, original in zip(_pages, _originals, strict=True):
        if not differ(page, original, PAGE):
            _drop(page, PAGE, _MADV_DONTNEED)


def choose(image: Image, pages: Sequence[int], places: Sequence[int]) -> None:
    """What `restore` looks at from now on: pages, and before, words that may be set to what they are now."""
    global _pages, _originals, _places, _counts
    _pages, _originals = array("Q", pages), array("Q", map(image.original, pages))
    _places, _counts = array("Q", places), array("Q", [memory[place] for place in places])


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

    `maps` is a descriptor of /proc/self/maps, and gets closed.
    """
    excluded = (_libc.__errno_location(), ctypes.c_size_t.in_dll(_libc, "__libc_stack_end").value)
    with os.fdopen(maps) as file:
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
