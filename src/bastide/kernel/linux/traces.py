"""Traces: which pages the start of a component writes to, and which of those can be restored.

A *scout* finds out: a process that starts like a component, and then tells which pages of its memory are its own, as
the kernel shows (pagemap), and what they hold. A page can be restored if nothing differs from the zygote's but counts
of references to objects that the zygote has, too. So that it is harmless to set those back, such objects are made to
last: their counts get too high ever to end.
"""

from __future__ import annotations

import gc
import mmap
import os
import sys
from array import array
from collections.abc import Iterable, Iterator, Sequence, Set
from contextlib import suppress
from ctypes import string_at
from typing import NamedTuple

from bastide.kernel.linux import image, pools
from bastide.kernel.linux.image import Image, Region, memory
from bastide.kernel.linux.memory import PAGE

_PRESENT, _OF_A_FILE, _EXCLUSIVE = 1 << 63, 1 << 61, 1 << 56        # in pagemap
_WORDS = PAGE // 8
_STRIDE = 16
_INSTANCES = 30

_COUNTED = sys.version_info < (3, 12)
"""Since 3.12, objects with the count `_IMMORTAL` are not counted at all."""
_MANY, _IMMORTAL = 0x0BA5_71DE << 32, 0xFFFF_FFFF
_MOST = 1 << 40
"""More references than a program can have. Static strings of 3.11 begin with a billion."""


class Learnt(NamedTuple):
    """Addresses of pages that can be restored once the counts of references at `places` in `memory` are set back."""

    pages: list[int]
    places: list[int]


class Notebook:
    """Memory in which a scout leaves its pages to the process that it was forked from."""

    def __init__(self, regions: Sequence[Region]) -> None:
        self._regions = regions
        most = sum(region.size for region in regions) // PAGE
        self._index = (most * 8 + 8 + PAGE - 1) // PAGE * PAGE      # number of pages, their addresses; then the pages
        self._memory = mmap.mmap(-1, self._index + most * PAGE)

    def write(self, pagemap: int) -> None:
        """In the scout; with a descriptor of its /proc/self/pagemap."""
        pages = array("Q", _own_pages(self._regions, pagemap, _PRESENT | _EXCLUSIVE))
        with memoryview(self._memory).cast("Q") as index:
            index[1:1 + len(pages)] = pages
            index[0] = len(pages)
        for at, page in enumerate(pages):
            self._memory[self._index + at * PAGE:self._index + (at + 1) * PAGE] = string_at(page, PAGE)

    def read(self) -> Learnt:
        """After the scout's end. Gives the memory up."""
        types = _types()
        learnt = Learnt([], [])
        with self._memory, memoryview(self._memory).cast("Q") as index:
            pages = index[1:1 + index[0]].tolist()
            for at, page in enumerate(pages):
                content = self._memory[self._index + at * PAGE:self._index + (at + 1) * PAGE]
                counts = _changed_counts(content, page, types)
                if counts is not None:
                    learnt.pages.append(page)
                    learnt.places.extend(counts)
        return learnt


def adopt(learnt: Learnt, maps: int, pagemap: int) -> None:
    """In the zygote: make the image, and have restored what was learnt. Takes descriptors of the files in /proc/self.

    What can't be restored in this process already is in use by `restore` itself, and better left alone.
    """
    places = _last(learnt.places)
    gc.collect()
    pools.leave_no_room()
    gc.freeze()
    regions = image.writeable_regions(maps)
    made = Image(regions)
    image.choose(made, learnt.pages, places)
    image.restore()
    left = set(_own_pages(regions, pagemap, _PRESENT))
    os.close(pagemap)
    image.choose(made, [page for page in learnt.pages if page not in left],
                 [place for place in places if place // _WORDS * PAGE not in left])


def settle_classes() -> None:
    """With each of its first thirty instances, a class notes how much room the next one's attributes get: be done."""
    for kind in _all_types():
        if kind.__module__.startswith("bastide."):
            with suppress(TypeError):           # abstract ones have none
                for _ in range(_INSTANCES):
                    object.__new__(kind)


def _own_pages(regions: Sequence[Region], pagemap: int, state: int) -> Iterator[int]:
    """Addresses of the pages in that state, but those of files."""
    # first of all, lest we write to many pages before we look
    tables = [os.pread(pagemap, size // PAGE * 8, start // PAGE * 8) for start, size in regions]
    for (start, _), table in zip(regions, tables, strict=True):
        for at, found in enumerate(memoryview(table).cast("Q")):
            if found & (state | _OF_A_FILE) == state:
                yield start + at * PAGE


def _changed_counts(content: bytes, page: int, types: Set[int]) -> list[int] | None:
    """Places of all words in which the content differs from the page, if they are counts of references; or None."""
    original = string_at(page, PAGE)
    found: list[int] = []
    if content == original:
        return found
    now, was = memoryview(content).cast("Q"), memoryview(original).cast("Q")
    for at in range(0, _WORDS, _STRIDE):
        if now[at:at + _STRIDE] == was[at:at + _STRIDE]:
            continue
        for place in range(at, at + _STRIDE):
            if now[place] != was[place]:
                kind = was[place + 1] if place + 1 < _WORDS else 0
                if kind not in types or now[place + 1] != kind or not 0 < was[place] < _MOST:
                    return None
                found.append(page // 8 + place)
    return found


def _last(places: Iterable[int]) -> list[int]:
    """Make the objects last whose counts are at these places; the places of those that still are objects."""
    types = _types()
    lasting = []
    for place in places:
        count = memory[place]
        if 0 < count < _MOST and memory[place + 1] in types:
            memory[place] = count + _MANY if _COUNTED else count | _IMMORTAL
            lasting.append(place)
    return lasting


def _types() -> Set[int]:
    """Addresses of all types: what begins with a count and one of these is an object."""
    return set(map(id, _all_types()))


def _all_types() -> set[type]:
    found: set[type] = {object}
    pending: list[type] = [object]
    while pending:
        new: set[type] = set(type.__subclasses__(pending.pop())) - found
        found |= new
        pending += new
    return found
