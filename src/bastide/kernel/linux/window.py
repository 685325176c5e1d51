"""How a component maps and reads a dataspace, part by part as core hands out descriptors.

Most dataspaces are one part. An arrangement is several, with holes between them: its range of addresses is reserved
without any rights, so that it costs nothing, and each part is mapped in its place. Only one descriptor is open at a
time, and none is kept.

Nothing here unmaps memory that is in use: the mapping goes with the last view of it.
"""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import weakref
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from itertools import chain
from typing import NamedTuple

from bastide.kernel.interface import IpcError
from bastide.kernel.linux.memory import map_memory, unmap_memory

_MAP_FIXED, _MAP_NORESERVE = 0x10, 0x4000      # asm-generic/mman-common.h


class Part(NamedTuple):
    """`size` bytes of a descriptor from `offset` on, that appear `at` an address of a dataspace of `total` bytes.

    Without a size and a descriptor: there is no such part.
    """

    total: int
    at: int = 0
    offset: int = 0
    size: int = 0
    descriptor: int = -1

    @property
    def end(self) -> int:
        return self.at + self.size


Find = Callable[[int], Part]
"""The first part of a dataspace that begins at the given address or later. Raises IpcError."""


def attach(find: Find, writeable: bool) -> memoryview:
    """Map all parts. What is sealed is mapped read-only, whatever was asked for. Raises IpcError."""
    with closing(_parts(find)) as parts:
        first = next(parts)
        try:
            if first.size == first.total:
                address, writeable = _map(first, writeable)
            else:
                address = _map_all(first, parts, writeable)
        except OSError as error:
            raise IpcError(f"the dataspace of {first.total} bytes can't be attached: {error.strerror}") from None
    array = (ctypes.c_ubyte * first.total).from_address(address)
    weakref.finalize(array, unmap_memory, address, first.total).atexit = False
    view = memoryview(array).cast("B")
    return view if writeable else view.toreadonly()


def read(find: Find, offset: int = 0, size: int | None = None) -> bytes:
    """A copy; holes are zeros. Raises IpcError, also for what lies outside."""
    with closing(_parts(find)) as parts:
        first = next(parts)
        wanted = first.total - offset if size is None else size
        if offset < 0 or wanted < 0 or offset + wanted > first.total:
            raise IpcError(f"{wanted} bytes at {offset} do not lie within a dataspace of {first.total} bytes")
        try:
            return b"".join(_content(chain((first,), parts), offset, offset + wanted))
        except OSError as error:
            raise IpcError(f"the dataspace can't be read: {error.strerror}") from None
        except MemoryError:
            raise IpcError(f"the dataspace can't be read: there is no room for a copy of {wanted} bytes") from None


def _content(parts: Iterator[Part], start: int, end: int) -> Iterator[bytes]:
    for part in parts:
        if part.at >= end:
            break
        begin = max(part.at, start)
        size = min(part.end, end) - begin
        if size <= 0:
            continue
        if begin > start:
            yield bytes(begin - start)
        content = os.pread(part.descriptor, size, part.offset + begin - part.at)
        if len(content) != size:
            raise IpcError("the dataspace can't be read: its owner freed it")
        yield content
        start = begin + size
    if start < end:
        yield bytes(end - start)


def _map_all(first: Part, others: Iterator[Part], writeable: bool) -> int:
    """Where the whole was mapped."""
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _MAP_NORESERVE
    address = map_memory(None, first.total, 0, flags, -1, 0)
    try:
        for part in chain((first,), others):
            if part.size:
                _map(part, writeable, address + part.at)
    except BaseException:
        unmap_memory(address, first.total)
        raise
    return address


def _map(part: Part, writeable: bool, address: int | None = None) -> tuple[int, bool]:
    """Where the part was mapped, and whether it can be written."""
    flags = mmap.MAP_SHARED if address is None else mmap.MAP_SHARED | _MAP_FIXED
    if writeable:
        try:
            rights = mmap.PROT_READ | mmap.PROT_WRITE
            return map_memory(address, part.size, rights, flags, part.descriptor, part.offset), True
        except OSError as error:
            if error.errno != errno.EACCES:     # what the descriptor does not allow
                raise
    return map_memory(address, part.size, mmap.PROT_READ, flags, part.descriptor, part.offset), False


def _parts(find: Find) -> Generator[Part, None, None]:
    """All parts by address, each open while it is looked at; the last one may be none."""
    part = find(0)
    while True:
        try:
            yield part
        finally:
            if part.descriptor >= 0:
                os.close(part.descriptor)
        if not part.size or part.end >= part.total:
            return
        part = find(part.end)
