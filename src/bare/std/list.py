"""Lists of a table's elements, with the links in the elements: nothing is allocated, and leaving a list is O(1).

An element is named by its index in the table. `Links` is the part of the table that holds the links; any number of
`List`s share it, and an element is in at most one of them at a time, which is checked.
"""

from __future__ import annotations

from typing import Generic, TypeVar

from bare import Array, Struct, u32, u64

N = TypeVar("N", bound=int)


class Link(Struct):
    """An element's neighbours. `linked` tells the only element of a list from one that is in none."""

    next: u32 | None
    previous: u32 | None
    linked: bool


class Links(Struct, Generic[N]):
    of: Array[Link, N]


class List(Struct):
    """First, last, and all between."""

    first: u32 | None
    last: u32 | None
    length: u64

    def append(self, links: Links[N], element: u32) -> None:
        """Add an element, which is in no list, at the end."""
        link = links.of[u64(element)]
        assert not link.linked, "an element is in one list at a time"
        last = self.last
        if last is None:
            self.first = element
        else:
            links.of[u64(last)].next = element
        link.next = None
        link.previous = last
        link.linked = True
        self.last = element
        self.length += 1

    def prepend(self, links: Links[N], element: u32) -> None:
        """Add an element, which is in no list, at the start."""
        link = links.of[u64(element)]
        assert not link.linked, "an element is in one list at a time"
        first = self.first
        if first is None:
            self.last = element
        else:
            links.of[u64(first)].previous = element
        link.previous = None
        link.next = first
        link.linked = True
        self.first = element
        self.length += 1

    def remove(self, links: Links[N], element: u32) -> None:
        """Take out an element, which the caller knows to be in this list."""
        link = links.of[u64(element)]
        assert link.linked, "the element is in no list"
        following = link.next
        previous = link.previous
        if previous is None:
            self.first = following
        else:
            links.of[u64(previous)].next = following
        if following is None:
            self.last = previous
        else:
            links.of[u64(following)].previous = previous
        link.next = None
        link.previous = None
        link.linked = False
        self.length -= 1

    def take_first(self, links: Links[N]) -> u32 | None:
        """Take out the first element, if there is one."""
        first = self.first
        if first is not None:
            self.remove(links, first)
        return first
