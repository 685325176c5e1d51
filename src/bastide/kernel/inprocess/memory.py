"""Memory of the in-process kernel: anonymous mappings, the same one for everybody who attaches.

Each attachment exports the pages through an object of its own. That is how `release` can tell that slices of *this*
attachment are still in use: they keep that object alive. Freed memory reads as zeros through views that were kept,
where other kernels fault.

Knows nothing of who owns memory or who may attach it.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import weakref
from collections.abc import Iterable

from bastide.kernel import interface
from bastide.kernel.interface import IpcError, OutOfMachine
from bastide.kernel.pieces import Piece

_MREMAP_MAYMOVE, _MREMAP_FIXED = 1, 2       # linux/mman.h

_libc = ctypes.PyDLL(None, use_errno=True)
if hasattr(_libc, "mremap"):                # Linux: what other hosts lack are arrangements
    _libc.mremap.restype = ctypes.c_void_p
    _libc.mremap.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t, ctypes.c_int, ctypes.c_void_p)
    _libc.mprotect.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)


class Memory(interface.Memory):
    """Zeroed pages. After `free`, all use but that of kept views raises IpcError."""

    def __init__(self, size: int) -> None:
        if size < 1:
            raise ValueError(f"memory of {size} bytes cannot be had: the least is 1")
        self._size = -(-size // mmap.PAGESIZE) * mmap.PAGESIZE
        try:
            self._pages: mmap.mmap | None = mmap.mmap(-1, self._size)
        except (OSError, OverflowError, ValueError) as error:
            raise OutOfMachine(f"memory of {size} bytes cannot be had: {error}") from error
        self.sealed = False

    @property
    def size(self) -> int:
        return self._size

    def write(self, content: bytes, offset: int = 0) -> None:
        pages = self._present()
        self._check_range(offset, len(content))
        pages[offset:offset + len(content)] = content

    def read(self, offset: int = 0, size: int | None = None) -> bytes:
        """A copy of a part, by default up to the end. Raises IpcError for a part outside."""
        pages = self._present()
        if size is None:
            size = max(0, self._size - offset)
        self._check_range(offset, size)
        return pages[offset:offset + size]

    def seal(self) -> None:
        self.sealed = True

    def free(self) -> None:
        pages, self._pages = self._pages, None
        if pages is not None:
            _zero(pages)

    @property
    def freed(self) -> bool:
        return self._pages is None

    def map_at(self, address: int, offset: int, size: int, writeable: bool) -> None:
        """Map a part once more, instead of what is mapped at `address`. All are whole pages. Raises OutOfMachine."""
        if not hasattr(_libc, "mremap"):
            raise OutOfMachine("arrangements cannot be attached: this host cannot map anonymous memory twice")
        pages = self._present()
        self._check_range(offset, size)
        start = ctypes.addressof(ctypes.c_ubyte.from_buffer(pages)) + offset
        # mapping what is shared from an old size of nothing leaves the old mapping where it is: see mremap(2)
        if _libc.mremap(start, 0, size, _MREMAP_MAYMOVE | _MREMAP_FIXED, address) != address:
            raise OutOfMachine(f"{size} bytes cannot be mapped once more: {os.strerror(ctypes.get_errno())}")
        if self.sealed or not writeable:
            _libc.mprotect(address, size, mmap.PROT_READ)

    def attach(self, writeable: bool) -> Attachment:
        return Attachment(self._present(), writeable and not self.sealed, [Piece(0, self, 0, self._size, True)])

    def _present(self) -> mmap.mmap:
        if self._pages is None:
            raise IpcError(f"the memory of {self._size} bytes was freed")
        return self._pages

    def _check_range(self, offset: int, size: int) -> None:
        if offset < 0 or size < 0 or offset + size > self._size:
            raise IpcError(f"{size} bytes at offset {offset} do not lie within the memory's {self._size} bytes")


class Attachment:
    """One mapping of memory: a view, and the way to undo it."""

    def __init__(self, pages: mmap.mmap, writeable: bool, pieces: Iterable[Piece[Memory]]) -> None:
        """`pieces`, by address, are what is attached. What lies between them is nobody's."""
        exporter = (ctypes.c_ubyte * len(pages)).from_buffer(pages)
        with memoryview(exporter) as untyped, untyped.cast("B") as typed:
            self.view = typed[:] if writeable else typed.toreadonly()
        self._exporter = weakref.ref(exporter)
        self._writeable = [piece for piece in pieces if piece.writeable and not piece.memory.sealed]

    def store(self, content: bytes, offset: int) -> None:
        """Write where other kernels would not fault. Raises IpcError."""
        end = offset + len(content)
        if offset < 0 or end > len(self.view):
            raise IpcError(f"{len(content)} bytes at {offset} do not lie within a dataspace of {len(self.view)} bytes")
        if self.view.readonly:
            raise IpcError("the dataspace can't be written: it was sealed, or attached to be read")
        there = offset
        for piece in self._writeable:
            if piece.at <= there < piece.end and not piece.memory.freed:
                there = piece.end
        if there < end:
            raise IpcError(f"the dataspace can't be written at {there}: its owner freed it, or allows no writing there")
        self.view[offset:end] = content

    def release(self) -> None:
        """Invalidate the view. Raises BufferError if slices of it remain: release them, and call again."""
        self.view.release()
        if self._exporter() is not None:
            raise BufferError("slices of the attached view are still in use: release them before detaching it")


def _zero(pages: mmap.mmap) -> None:
    if hasattr(mmap, "MADV_REMOVE"):
        pages.madvise(mmap.MADV_REMOVE)
    else:
        pages[:] = bytes(len(pages))
