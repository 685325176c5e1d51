"""Where new objects lie in memory: apart from those that exist.

A component shares each page with the zygote until it writes to it, and already to count a reference is to write. What
a component makes must therefore not lie here and there between objects that would never change. Python's allocator has
pools for each size of small objects, and fills the gaps in them first; the C library keeps lists of what was freed. So
the zygote closes the gaps before it forks.
"""

from __future__ import annotations

import ctypes
import sys

# obmalloc.c
_GRAIN, _LARGEST, _POOL = 16, 512, 1 << 14

_MOST = 1 << 20     # bytes to fill of one size

# malloc.c: sizes that are kept in lists of their own, and larger ones that are worth the time
_KEPT, _LARGE, _STEP, _HEAD = 1032, 1 << 16, 1 << 10, 8
_MOST_BLOCKS, _RUN = 1000, 3

_libc = ctypes.PyDLL(None)
_libc.malloc.restype = ctypes.c_size_t
_libc.malloc.argtypes = (ctypes.c_size_t,)

_filling: list[bytes] = []


def leave_no_room() -> None:
    """Fill all that has room, for good."""
    empty = sys.getsizeof(b"")
    for size in range((empty + _GRAIN - 1) // _GRAIN * _GRAIN, _LARGEST + 1, _GRAIN):
        run, last = 0, 0
        for _ in range(_MOST // size):          # another allocator might never show such a run
            filler = bytes(size - empty)
            run = run + 1 if id(filler) == last + size else 0
            last = id(filler)
            _filling.append(filler)
            if run >= _POOL // size - 2:        # as long as a whole pool, but its header: no other had room
                break
    _fill_heap()


def _fill_heap() -> None:
    """The same for the C library, the largest gaps first, until blocks come one after the other from the fresh end."""
    for size in (*range(_LARGE, _KEPT, -_STEP), *range(_KEPT, _GRAIN, -_GRAIN)):
        run, last = 0, 0
        for _ in range(_MOST_BLOCKS):
            block = _libc.malloc(size)
            run = run + 1 if block == last + (size + _HEAD + _GRAIN - 1) // _GRAIN * _GRAIN else 0
            last = block
            if run >= _RUN:
                break
