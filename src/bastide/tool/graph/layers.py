"""The children of one box in rows, clients above their servers, so that lines cross seldom and rows are not too wide.

Nothing here knows what is drawn: items have a width, nets connect them. A net that passes a row gets a place in it, so
that no line runs through an item. The method is that of Sugiyama, with rows that are filled up to a width as in the one
of Coffman and Graham, and positions by least squares within the order of a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

PASSAGE = 14.0
"""The width of the place of a line in a row."""

_SWEEPS = 12


@dataclass(eq=False)
class Item:
    """Something in a row. `offsets` says where nets touch it, from its middle; in the middle unless told."""

    width: float
    offsets: dict[tuple[int, bool], float] = field(default_factory=dict)
    x: float = 0.0                      # of its middle
    net: int | None = None              # the net that passes here


@dataclass(frozen=True)
class Wires:
    """A net as its ends: items above and items below, each of which lies in a row above those."""

    uppers: tuple[Item, ...]
    lowers: tuple[Item, ...]


@dataclass(eq=False)
class Rows:
    """What lies where. `ends` are, for each gap between two rows and each net in it, the items above and below."""

    rows: list[list[Item]]
    ends: list[dict[int, tuple[list[Item], list[Item]]]]


def arranged(items: Sequence[Item], nets: Sequence[Wires], top: Sequence[Item], bottom: Sequence[Item], gap: float,
             widest: float) -> Rows:
    """Rows of items, between the points of the `top` and the `bottom` edge where nets enter and leave."""
    inside = [_Ranked(item) for item in items]
    known = {ranked.item: ranked for ranked in inside}
    for wires in nets:
        for upper in wires.uppers:
            for lower in wires.lowers:
                if upper in known and lower in known:
                    known[upper].below.append(known[lower])
    levels = _levels(inside, gap, widest)
    rows = [list(top), *([ranked.item for ranked in level] for level in reversed(levels)), list(bottom)]
    laid = Rows(rows, _passages(rows, nets))
    _order(laid)
    _place(laid, gap)
    return laid


def settle(row: Sequence[Item], wanted: Sequence[tuple[float, float]], gap: float) -> None:
    """Take the positions closest to what is wanted, by least squares, that keep order and distance."""
    blocks: list[tuple[float, float, int]] = []         # where, with which weight, of how many items
    distance, distances = 0.0, list[float]()
    for place, (item, (where, weight)) in enumerate(zip(row, wanted, strict=True)):
        if place:
            before = row[place - 1]
            distance += (before.width + item.width) / 2 + (gap if before.net is None or item.net is None else 2.0)
        distances.append(distance)
        block = (where - distance, weight, 1)
        while blocks and blocks[-1][0] > block[0]:
            left = blocks.pop()
            total = left[1] + block[1]
            block = ((left[0] * left[1] + block[0] * block[1]) / total, total, left[2] + block[2])
        blocks.append(block)
    place = 0
    for where, _, count in blocks:
        for _ in range(count):
            row[place].x = where + distances[place]
            place += 1


@dataclass(eq=False)
class _Ranked:
    item: Item
    below: list[_Ranked] = field(default_factory=list)
    level: int = -1


def _levels(items: Sequence[_Ranked], gap: float, widest: float) -> list[list[_Ranked]]:
    """Levels from below; each item is above all that it is connected to downwards."""
    waiting = {item: len(set(item.below)) for item in items}
    above: dict[_Ranked, list[_Ranked]] = {item: [] for item in items}
    for item in items:
        for lower in dict.fromkeys(item.below):
            above[lower].append(item)
    ready = [item for item in items if not waiting[item]]
    ready.sort(key=lambda item: not above[item])    # who has no part in anything fills up what is left
    levels: list[list[_Ranked]] = []
    filled: list[float] = []
    while ready:
        item = ready.pop(0)
        level = max((lower.level + 1 for lower in item.below), default=0)
        while level < len(levels) and levels[level] and filled[level] + gap + item.item.width > widest:
            level += 1
        while level >= len(levels):
            levels.append([])
            filled.append(0.0)
        item.level = level
        filled[level] += item.item.width + (gap if levels[level] else 0)
        levels[level].append(item)
        for upper in above[item]:
            waiting[upper] -= 1
            if not waiting[upper]:
                ready.append(upper)
    return levels


def _passages(rows: list[list[Item]], nets: Sequence[Wires]) -> list[dict[int, tuple[list[Item], list[Item]]]]:
    """Add a place to each row that a net passes, and tell what is connected in each gap."""
    row_of = {item: number for number, row in enumerate(rows) for item in row}
    ends: list[dict[int, tuple[list[Item], list[Item]]]] = [{} for _ in rows[1:]]
    middle = [len(row) // 2 for row in rows]        # where those stay whom nothing draws to either side
    for number, wires in enumerate(nets):
        reached = [row_of[item] for item in (*wires.uppers, *wires.lowers)]
        first, last = min(reached), max(reached)
        passing: list[Item] = []
        for row in range(first, last):
            above = [*(item for item in wires.uppers if row_of[item] == row), *passing]
            passing = [Item(PASSAGE, net=number)] if row + 1 < last else []
            rows[row + 1][middle[row + 1]:middle[row + 1]] = passing
            ends[row][number] = above, [*(item for item in wires.lowers if row_of[item] == row + 1), *passing]
    return ends


def _order(laid: Rows) -> None:
    """Sort each row by where its neighbours are, down and up again; keep what crosses least."""
    best, fewest = [list(row) for row in laid.rows], _crossings(laid)
    for sweep in range(_SWEEPS):
        downwards = sweep % 2 == 0
        numbers = range(1, len(laid.rows)) if downwards else range(len(laid.rows) - 2, -1, -1)
        for number in numbers:
            row = laid.rows[number]
            other = laid.rows[number - 1 if downwards else number + 1]
            position = {item: place for place, item in enumerate(other)}
            near = _neighbours(laid.ends[number - 1 if downwards else number], downwards)
            scale = max(len(other), 1) / max(len(row), 1)
            weight = {item: _mean([position[end] for end in near[item]]) if near.get(item) else place * scale
                      for place, item in enumerate(row)}
            row.sort(key=lambda item: weight[item])  # at once
        crossings = _crossings(laid)
        if crossings < fewest:
            best, fewest = [list(row) for row in laid.rows], crossings
    for row, order in zip(laid.rows, best, strict=True):
        row[:] = order


def _neighbours(ends: dict[int, tuple[list[Item], list[Item]]], above: bool) -> dict[Item, list[Item]]:
    """What each item of the lower row is connected to `above`, or each of the upper one below."""
    near: dict[Item, list[Item]] = {}
    for uppers, lowers in ends.values():
        for item in lowers if above else uppers:
            near.setdefault(item, []).extend(uppers if above else lowers)
    return near


def _crossings(laid: Rows) -> int:
    total = 0
    for number, ends in enumerate(laid.ends):
        upper = {item: place for place, item in enumerate(laid.rows[number])}
        lower = {item: place for place, item in enumerate(laid.rows[number + 1])}
        pairs = sorted((upper[above], lower[below]) for uppers, lowers in ends.values()
                       for above in uppers for below in lowers)
        total += _inversions([below for _, below in pairs], len(lower))
    return total


def _inversions(numbers: Sequence[int], count: int) -> int:
    """Pairs in the wrong order, by a tree of counts."""
    tree, total = [0] * (count + 1), 0
    for seen, number in enumerate(numbers):
        place, smaller = number + 1, 0
        while place:
            smaller += tree[place]
            place &= place - 1
        total += seen - smaller
        place = number + 1
        while place <= count:
            tree[place] += 1
            place += place & -place
    return total


def _place(laid: Rows, gap: float) -> None:
    """Give each item its position: near those it is connected to, in the order of its row."""
    for row in laid.rows:
        edge = -sum(item.width + gap for item in row) / 2
        for item in row:
            item.x = edge + item.width / 2
            edge += item.width + gap
    pulls = _pulls(laid)
    for sweep in range(2 * _SWEEPS):
        for row in laid.rows if sweep % 2 == 0 else reversed(laid.rows):
            settle(row, [_wanted(item, pulls.get(item, ())) for item in row], gap)


def _pulls(laid: Rows) -> dict[Item, list[tuple[Item, float, bool]]]:
    """For each item what it is connected to, how far to the right of that it wants to be, and if both are passages."""
    pulls: dict[Item, list[tuple[Item, float, bool]]] = {}
    for ends in laid.ends:
        for net, (uppers, lowers) in ends.items():
            for upper in uppers:
                for lower in lowers:
                    apart = upper.offsets.get((net, False), 0.0) - lower.offsets.get((net, True), 0.0)
                    passing = upper.net is not None and lower.net is not None
                    pulls.setdefault(lower, []).append((upper, apart, passing))
                    pulls.setdefault(upper, []).append((lower, -apart, passing))
    return pulls


def _wanted(item: Item, pulls: Sequence[tuple[Item, float, bool]]) -> tuple[float, float]:
    """Where the item would be best, and how much it matters: a line that passes rows is to be straight."""
    if not pulls:
        return item.x, 0.05
    return _mean([end.x + apart for end, apart, _ in pulls]), 1.0 + 3.0 * sum(passing for _, _, passing in pulls)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
