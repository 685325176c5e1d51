"""Where new objects lie in memory: apart from those that exist.

A component shares each page with the zygote until it writes to it, and already to count a reference is to write. What
a component makes must therefore not lie here and there between objects that would never change. Python's allocator has
pools for each size of small objects, and fills the gaps in them first. So the zygote closes the gaps before it forks.
"""

from __future__ import annotations

import sys

# obmalloc.c
_GRAIN, _LARGEST, _POOL = 16, 512, 1 << 14

_MOST = 1 << 20     # bytes to fill of one size

_filling: list[bytes] = []


def leave_no_room() -> None:
    """Fill all pools that have room, for good."""
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
