"""Memory: dataspaces as core keeps them, and how any component maps one.

A dataspace is a memfd, sealed against growing and against further seals. Shrinking stays possible, and core alone can
do it (components are denied the call): that is how memory is taken back from somebody who keeps it mapped. The memory
of channels, in contrast, is sealed against shrinking too, for there either end must be safe from the other.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import mmap
import os

from bastide.kernel.interface import OutOfMachine, OutOfObjects

PAGE = 4096

_F_ADD_SEALS = 1033
_SEAL_SEAL, _SEAL_SHRINK, _SEAL_GROW = 1, 2, 4
_MFD_NOEXEC_SEAL = 8                # Linux 6.3
_NO_DESCRIPTORS = errno.EMFILE, errno.ENFILE

_libc = ctypes.PyDLL(None, use_errno=True)
_libc.mmap.restype = ctypes.c_void_p
_libc.mmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long)
_libc.munmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t)
_libc.pread.restype = ctypes.c_ssize_t
_libc.pread.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_long)
_MAP_FAILED = ctypes.c_void_p(-1).value
_view, _WRITEABLE = ctypes.pythonapi.PyMemoryView_FromMemory, 0x200
_view.restype, _view.argtypes = ctypes.py_object, (ctypes.c_void_p, ctypes.c_ssize_t, ctypes.c_int)


class Mapping:
    """Memory of a descriptor, mapped for good. Unlike `mmap.mmap` it keeps no descriptor of its own."""

    def __init__(self, descriptor: int, size: int) -> None:
        try:
            address = map_memory(None, size, mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_SHARED, descriptor, 0)
        except OSError as error:
            raise OutOfMachine(f"{size} bytes can't be mapped: {error.strerror}") from None
        self._address, self._size = address, size
        self.view: memoryview = _view(address, size, _WRITEABLE)

    def unmap(self) -> None:
        """Only when nobody uses the view any more: there is no check."""
        self.view.release()
        unmap_memory(self._address, self._size)


class Dataspace:
    """Zeroed RAM of whole pages. Implements `Memory`."""

    def __init__(self, size: int, name: str = "ram") -> None:
        self.size = (size + PAGE - 1) // PAGE * PAGE
        self._sealed = False
        self._descriptor = _memfd(name, self.size, _SEAL_GROW | _SEAL_SEAL)

    def write(self, content: bytes, offset: int = 0) -> None:
        if offset < 0 or offset + len(content) > self.size:
            raise ValueError(f"{len(content)} bytes at {offset} exceed a dataspace of {self.size} bytes")
        view = memoryview(content)
        while view:
            written = os.pwrite(self._descriptor, view, offset)
            view, offset = view[written:], offset + written

    def read(self, offset: int = 0, size: int | None = None) -> bytes:
        return os.pread(self._descriptor, self.size - offset if size is None else size, offset)

    def seal(self) -> None:
        self._sealed = True

    @property
    def freed(self) -> bool:
        return self._descriptor < 0

    def descriptor(self, writeable: bool) -> int:
        """A descriptor to hand out: its rights can't be extended by whoever gets it. Raises OutOfObjects."""
        if self._descriptor < 0:
            raise ValueError("the dataspace is freed")
        try:
            if writeable and not self._sealed:
                return os.dup(self._descriptor)
            return os.open(f"/proc/self/fd/{self._descriptor}", os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise OutOfObjects(f"no descriptors left to hand out memory: {error.strerror}") from None

    def free(self) -> None:
        if self._descriptor >= 0:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = -1


def map_memory(address: int | None, size: int, rights: int, flags: int, descriptor: int, offset: int) -> int:
    """The system call mmap. Raises OSError."""
    mapped: int | None = _libc.mmap(address, size, rights, flags, descriptor, offset)
    if mapped is None or mapped == _MAP_FAILED:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return mapped


def unmap_memory(address: int, size: int) -> None:
    _libc.munmap(address, size)


def read_to(address: int, size: int, descriptor: int, offset: int) -> int:
    """The system call pread: how many bytes got to the address. Where it can't be touched is an OSError, and no fault.
    """
    done: int = _libc.pread(descriptor, address, size, offset)
    if done < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return done


def lasting_memory(size: int) -> int:
    """A descriptor of memory that nobody can take away from who maps it, such as that of channels."""
    return _memfd("lasting", size, _SEAL_GROW | _SEAL_SHRINK | _SEAL_SEAL)


def _memfd(name: str, size: int, seals: int) -> int:
    descriptor = -1
    try:
        try:
            descriptor = os.memfd_create(name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING | _MFD_NOEXEC_SEAL)
        except OSError:                 # the kernel is older than the flag; mapping to execute is denied anyway
            descriptor = os.memfd_create(name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        os.ftruncate(descriptor, size)
        fcntl.fcntl(descriptor, _F_ADD_SEALS, seals)
        return descriptor
    except (OSError, OverflowError) as error:
        if descriptor >= 0:
            os.close(descriptor)
        kind = OutOfObjects if isinstance(error, OSError) and error.errno in _NO_DESCRIPTORS else OutOfMachine
        raise kind(f"no memory of {size} bytes: {error}") from None
