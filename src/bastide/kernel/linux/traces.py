"""Traces: which pages the start of a component writes to, and what on them is nothing but bookkeeping.

A *scout* finds out: a process that starts like a component, and then tells which pages of its memory are its own, as
the kernel shows (pagemap). What a component changes there is mostly counts of references to objects that the zygote
has, too. So that it is harmless to set those back, such objects are made to last: their counts get too high ever to
end.
"""

from __future__ import annotations

import gc
import mmap
import os
import sys
from array import array
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from types import CodeType
from typing import NamedTuple

from bastide.kernel.linux import image, pools
from bastide.kernel.linux.image import Image, Region, words
from bastide.kernel.linux.memory import PAGE

_PRESENT, _OF_A_FILE, _EXCLUSIVE = 1 << 63, 1 << 61, 1 << 56        # in pagemap
_INSTANCES = 30

_COUNTED = sys.version_info < (3, 12)
"""Since 3.12, objects with the count `_IMMORTAL` are not counted at all."""
_MANY, _IMMORTAL = 0x0BA5_71DE << 32, 0xFFFF_FFFF
_MOST, _REFERENCES = 1 << 40, 1 << 16
"""More references than a program can have to all objects, and to such that nobody looks for."""
_STATIC = 999_999_999
"""References that a static object begins with."""
_WARMUP = {(3, 11): 52}.get(sys.version_info[:2], 0)
"""Where a code object counts how often it still is to be called before it is specialised."""


class Learnt(NamedTuple):
    """Addresses of pages that a component writes to until it has come to life, and until a while later."""

    start: list[int]
    later: list[int]


class Notebook:
    """Memory in which a scout leaves addresses to the process that it was forked from: each time their number first."""

    def __init__(self, regions: Sequence[Region]) -> None:
        self._regions = regions
        self._room = sum(region.size for region in regions) // PAGE + 1
        self._memory = mmap.mmap(-1, 2 * self._room * 8)

    def started(self, pagemap: int) -> None:
        """In the scout, when it has come to life; with a descriptor of its /proc/self/pagemap."""
        self._note(0, pagemap)

    def ended(self, pagemap: int) -> None:
        """In the scout, at its end."""
        self._note(self._room, pagemap)

    def read(self) -> Learnt:
        """After the scout's end. Gives the memory up."""
        with self._memory:
            return Learnt(self._noted(0), self._noted(self._room))

    def _note(self, at: int, pagemap: int) -> None:
        pages = array("Q", _own_pages(self._regions, pagemap, _PRESENT | _EXCLUSIVE))
        with memoryview(self._memory).cast("Q") as index:
            index[at + 1:at + 1 + len(pages)] = pages
            index[at] = len(pages)

    def _noted(self, at: int) -> list[int]:
        with memoryview(self._memory).cast("Q") as index:
            return index[at + 1:at + 1 + index[at]].tolist()


def adopt(learnt: Learnt, maps: int, pagemap: int) -> None:
    """In the zygote: make the image, and have restored what was learnt. Takes descriptors of the files in /proc/self.

    What can't be restored in this process already is in use by `restore` itself, and better left alone.
    """
    interpreter = next((region for region in image.writeable_regions(maps) if region.has(id(str))), Region(0, 0))
    pages = dict.fromkeys(sorted({*learnt.start, *learnt.later, *interpreter.pages()}))
    choice = image.Choice(list(pages), *bookkeeping(pages))
    image.expect(learnt.start)
    gc.collect()
    pools.leave_no_room()
    gc.freeze()
    regions = image.writeable_regions(maps)
    choice.look_up(Image(regions))
    image.choose(choice)
    image.restore()
    choice.leave(set(_own_pages(regions, pagemap, _PRESENT)))
    os.close(maps)
    os.close(pagemap)


def bookkeeping(pages: Collection[int]) -> tuple[list[int], list[int]]:
    """What Python counts on these pages: references (places in `words`), calls until code is specialised (`shorts`).

    All objects there are made to last.
    """
    counts, warmups = list[int](), list[int]()
    for address in sorted({*_addresses(pages), *(_static(pages) if _COUNTED else ())}):
        place, count = address // 8, words[address // 8]
        if 0 < count < _MOST and not _of_a_static_object(count):
            words[place] = count + _MANY if _COUNTED else count | _IMMORTAL
        if _COUNTED:
            counts.append(place)
        if _WARMUP and words[place + 1] == id(CodeType):
            warmups.append((address + _WARMUP) // 2)
    return counts, [place for place in warmups if place * 2 // PAGE * PAGE in pages]


def _of_a_static_object(count: int) -> bool:
    return abs(count - _STATIC) < _REFERENCES


def _static(pages: Iterable[int]) -> Iterator[int]:
    """Addresses of objects that are part of the interpreter, and not to be found: strings for the most part."""
    kinds = set(map(id, (str, bytes, int, tuple, CodeType)))
    for page in pages:
        for place in range(page // 8, (page + PAGE) // 8 - 1):
            if _of_a_static_object(words[place]) and words[place + 1] in kinds:
                yield place * 8


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


def _addresses(pages: Collection[int]) -> Iterator[int]:
    """Addresses of all objects there that can be found: those that are collected, and what is within them."""
    found: set[int] = set()
    objects: list[object] = [*gc.get_objects(), *_all_types()]
    while objects:
        new = {id(one): one for one in objects if id(one) not in found}
        found.update(new)
        objects = gc.get_referents(*new.values())
    return (address for address in found if address // PAGE * PAGE in pages)


def _all_types() -> set[type]:
    found: set[type] = {object}
    pending: list[type] = [object]
    while pending:
        new: set[type] = set(type.__subclasses__(pending.pop())) - found
        found |= new
        pending += new
    return found
