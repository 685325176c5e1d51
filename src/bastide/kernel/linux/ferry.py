"""How a component writes to memory that its owner may take back at any moment.

To touch a page that is gone is a signal, and ends who touches it. A system call that copies to such a page fails
instead. So the bytes go over a page of the component's own, which core gives it when it first writes like that: they
are put there, and read from there to where they belong. To write to a descriptor would be shorter, but components write
to no file at all (RLIMIT_FSIZE).
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from threading import Lock
from typing import Any

from bastide.kernel.interface import IpcError, OutOfMachine
from bastide.kernel.linux.memory import PAGE, Mapping, read_to


class Ferry:
    """`page` gives a descriptor of a page that nobody can take away. It may raise IpcError, OutOfMachine."""

    def __init__(self, page: Callable[[], int]) -> None:
        self._page = page
        self._descriptor = -1
        self._mapping: Mapping | None = None
        self._lock = Lock()

    def carry(self, content: bytes, view: memoryview, offset: int) -> None:
        """Write to a view of memory as `window.attach` returns it. Raises IpcError."""
        if offset < 0 or offset + len(content) > len(view):
            raise IpcError(f"{len(content)} bytes at {offset} do not lie within a dataspace of {len(view)} bytes")
        if view.readonly:
            raise IpcError("the dataspace can't be written: it was sealed, or attached to be read")
        mapped: Any = view.obj          # which keeps the mapping, whoever detaches the view meanwhile
        target, source = ctypes.addressof(mapped) + offset, memoryview(content)
        with self._lock:
            own = self._own()
            for at in range(0, len(source), PAGE):
                piece = source[at:at + PAGE]
                own[:len(piece)] = piece
                self._copy(target + at, len(piece))

    def close(self) -> None:
        if self._mapping is not None:
            self._mapping.unmap()
            os.close(self._descriptor)
            self._mapping = None

    def _own(self) -> memoryview:
        if self._mapping is None:
            try:
                self._descriptor = self._page()
                try:
                    self._mapping = Mapping(self._descriptor, PAGE)
                except BaseException:
                    os.close(self._descriptor)
                    raise
            except OutOfMachine as error:
                raise IpcError(f"the dataspace can't be written: {error}") from None
        return self._mapping.view

    def _copy(self, target: int, size: int) -> None:
        done = 0
        while done < size:              # where memory ends within the piece, the next call tells why
            try:
                done += read_to(target + done, size - done, self._descriptor, done)
            except OSError as error:
                raise IpcError(f"the dataspace can't be written: its owner freed it, or allows no writing there "
                               f"({error.strerror})") from None
