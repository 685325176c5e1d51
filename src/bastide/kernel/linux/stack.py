"""The stack of the main thread, made ordinary memory.

The mapping that the kernel gives a program as its first stack grows by itself, and so does every piece that is cut off
or moved away from it. What can grow so does not count against RLIMIT_DATA. A component could thus have all the memory
it wants: by `mremap` of one page of its stack, or by unmapping holes so that a short piece remains, which grows again.

So the zygote, before it forks anything, puts memory of the same content in the place of its stack, once and for all:
of the full size, counted, and growing no further. It can't do so while it uses the stack. The thread that owns the
stack sleeps in a system call meanwhile, and another thread does it.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import threading
import time

from bastide.kernel.linux.memory import map_memory
from bastide.kernel.linux.syscall import native

BYTES = 4 << 20
"""CPython 3.13 needs nearly 2 MiB before it notices that a recursion is too deep, which a message can cause."""

_FIXED, _NORESERVE = 0x10, 0x4000       # asm-generic/mman-common.h
_NAME = "[stack]"


def make_ordinary() -> None:
    """Replace the stack. For the main thread while it is the only one, with /proc at hand. Raises OSError."""
    start, end = _mapping()
    asleep, waker = os.pipe()
    failures: list[Exception] = []
    replacing = threading.Thread(target=_replace, args=(start, end, asleep, waker, failures))
    replacing.start()
    os.read(asleep, 1)
    replacing.join()
    while len(os.listdir("/proc/self/task")) > 1:   # `join` returns a little early
        time.sleep(0.0001)
    for descriptor in (asleep, waker):
        os.close(descriptor)
    for failure in failures:
        raise failure


def _replace(start: int, end: int, asleep: int, waker: int, failures: list[Exception]) -> None:
    """In another thread: wait until the main thread sleeps in `read(asleep)`, replace its stack, wake it."""
    try:
        while not _reads(asleep):
            time.sleep(0.0001)
        content = ctypes.string_at(start, end - start)
        size = max(BYTES, end - start)
        map_memory(end - size, size, mmap.PROT_READ | mmap.PROT_WRITE,
                   mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _FIXED | _NORESERVE, -1, 0)
        ctypes.memmove(start, content, end - start)
    except Exception as error:
        failures.append(error)
    finally:
        os.write(waker, b"!")


def _reads(descriptor: int) -> bool:
    """Whether the main thread sleeps in the system call `read` of this descriptor."""
    with open(f"/proc/self/task/{os.getpid()}/syscall") as file:
        fields = file.read().split()        # number, six arguments, stack pointer, program counter; or "running"
    architecture = native()
    assert architecture is not None
    return fields[0] == str(architecture.numbers["read"]) and int(fields[1], 16) == descriptor


def _mapping() -> tuple[int, int]:
    with open("/proc/self/maps") as file:
        for line in file:
            if line.rstrip().endswith(_NAME):
                start, end = line.split()[0].split("-")
                return int(start, 16), int(end, 16)
    raise OSError(f"/proc/self/maps shows no {_NAME}")
