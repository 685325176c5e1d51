"""Elements of one table go from list to list, against arrays that say who is where, and in which order."""

from __future__ import annotations

from typing import Literal

from chance import Chance, mix

from bare import Array, Struct, range, u32, u64, zeroed
from bare.std.list import Links, List


class Place(Struct):
    """Which list an element is in (2: none), and its number there: the lower, the nearer to the start."""

    list: u64
    order: u64


def walk(seed: u64, steps: u64) -> u64:
    chance = Chance(seed)
    links = zeroed(Links[Literal[12]])
    lists = zeroed(Array[List, Literal[2]])
    model = zeroed(Array[Place, Literal[12]])
    for place in model:
        place.list = u64(2)
    front = u64(1 << 32)
    back = u64(1 << 32)
    digest = u64(0)
    for _ in range(steps):
        element = chance.below(u64(12))
        which = chance.below(u64(2))
        choice = chance.below(u64(4))
        place = model[element]
        chosen = lists[which]
        if choice == 0:
            expected = first(model, which)
            taken = chosen.take_first(links)
            if taken is None:
                assert expected == 12, "the list is empty"
            else:
                assert u64(taken) == expected, "the first is taken"
                model[expected].list = u64(2)
            digest = mix(digest, expected)
        elif place.list < 2:
            if choice == 1:
                lists[place.list].remove(links, u32(element))
                place.list = u64(2)
        elif choice == 2:
            front -= 1
            place.list = which
            place.order = front
            chosen.prepend(links, u32(element))
        else:
            back += 1
            place.list = which
            place.order = back
            chosen.append(links, u32(element))
        for number in range(2):
            digest = mix(digest, check(lists[number], links, model, number))
    return digest


def first(model: Array[Place, Literal[12]], which: u64) -> u64:
    """The element at the start of a list, or 12."""
    return after(model, which, u64(0))


def after(model: Array[Place, Literal[12]], which: u64, order: u64) -> u64:
    """The element with the lowest number above `order` in a list, or 12."""
    found = u64(12)
    for number in range(12):
        place = model[number]
        if place.list == which and place.order > order and (found == 12 or place.order < model[found].order):
            found = number
    return found


def check(chosen: List, links: Links[Literal[12]], model: Array[Place, Literal[12]], which: u64) -> u64:
    """A list holds what the model says, in that order, forwards and backwards; the result is how many."""
    count = u64(0)
    previous = u64(12)
    expected = first(model, which)
    element = chosen.first
    while element is not None:
        assert u64(element) == expected, "in order"
        link = links.of[u64(element)]
        before = link.previous
        assert link.linked and (previous == 12 if before is None else u64(before) == previous), "the way back"
        previous = expected
        expected = after(model, which, model[previous].order)
        element = link.next
        count += 1
    assert expected == 12 and count == chosen.length, "none is missing"
    last = chosen.last
    assert previous == 12 if last is None else u64(last) == previous, "the end"
    return count
