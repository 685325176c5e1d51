"""Where everything is in a picture: boxes within boxes, and the lines between them.

Each box is laid out for itself, inner ones first, and then is one item among others. The lines of a tree leave a
client below it, beside the name of the service, run along a track between two rows, and end above the server. What lies
in which row is decided by `layers.py`, which track by `channel.py`; `assembly.py` puts it together.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from bastide.tool.graph.arrows import Node, Picture
from bastide.tool.graph.assembly import GAP, LEAST_GAP, Laid, assembled, slot_width, stub_width
from bastide.tool.graph.drawing import Box, Drawing
from bastide.tool.graph.layers import Item, Rows, Wires, arranged, settle
from bastide.tool.graph.measure import LONGEST, NAME, SMALL, cut, width
from bastide.tool.graph.nets import Part, Port, parts

_LEAF_PAD = 12.0
_NARROWEST_LEAF = 56.0
_ASPECT = 2.1                           # of the area of what is in a box
_NARROWEST = 430.0
_TURNS = 4


def drawn(picture: Picture) -> Drawing:
    """The layout of a picture."""
    return _laid(parts(picture.root, picture.arrows)).drawing


def lines_of(node: Node) -> list[str]:
    """What is written in the box of a component that has no others in it."""
    component = node.component
    lines = [node.name]
    if component is not None and component.binary not in ("", node.name):
        lines.append(component.binary)
    if component is not None and component.state:
        lines.append(component.state)
    return [cut(line, LONGEST) for line in lines]


def _laid(part: Part) -> Laid:
    return _box(part) if part.children else _leaf(part)


def _leaf(part: Part) -> Laid:
    lines = lines_of(part.node)
    text = max(width(line, SMALL if place else NAME, not place) for place, line in enumerate(lines))
    above, below = (sum(slot_width(port) for port in part.ports if port.top == top) for top in (True, False))
    wide = max(text + 2 * _LEAF_PAD, above, below + stubs_width(part), _NARROWEST_LEAF)
    high = 16.0 + 15.0 * len(lines)
    box = Box(0, 0, wide, high, part.node)
    ends = accumulate(map(stub_width, part.stubs), initial=wide - stubs_width(part))
    return Laid(part, Drawing(wide, high, (box,)), {port: wide / 2 for port in part.ports},
                [end + stub_width(kind) / 2 for end, kind in zip(ends, part.stubs, strict=False)])


def stubs_width(part: Part) -> float:
    """The room that is taken below a box by sessions without line."""
    return sum(map(stub_width, part.stubs))


def _box(part: Part) -> Laid:
    children = [_laid(child) for child in part.children]
    items = [Item(child.drawing.width) for child in children]
    edges = {port: Item(slot_width(port)) for port in part.ports}
    stubs = [Item(stub_width(kind)) for kind in part.stubs]

    def item_of(end: tuple[int | None, Port]) -> Item:
        place, port = end
        return edges[port] if place is None else items[place]

    nets = [Wires(tuple(map(item_of, net.uppers)), tuple(map(item_of, net.lowers))) for net in part.nets]
    for number, net in enumerate(part.nets):
        for place, port in (*net.uppers, *net.lowers):
            if place is not None and part.children[place].children:
                child = children[place]
                items[place].offsets[number, port.top] = child.ports[port] - child.drawing.width / 2
    area = sum((child.drawing.width + GAP) * (child.height + 2 * LEAST_GAP) for child in children)
    rows = arranged(items, nets, [edges[port] for port in part.ports if port.top],
                    [*(edges[port] for port in part.ports if not port.top), *stubs], GAP,
                    max(_NARROWEST, math.sqrt(area * _ASPECT)))
    for turn in range(_TURNS):
        _turn(part, children, items, rows, last=turn == _TURNS - 1)
    return assembled(part, children, items, edges, stubs, rows)


@dataclass(frozen=True, order=True)
class _Goal:
    """Where a port of a leaf would best be; what goes to one end alone matters more, for it can be straight."""

    x: float
    number: int
    weight: float


def _turn(part: Part, children: Sequence[Laid], items: Sequence[Item], rows: Rows, last: bool) -> None:
    """Move the ports of leaves towards what they are connected to; at last servers look up to where clients stay."""
    ports = {(number, place, port.top): port for number, net in enumerate(part.nets)
             for place, port in (*net.uppers, *net.lowers) if place is not None}
    for (place, top), goals in _goals(part, items, rows).items():
        own = [ports[number, place, top] for number in (goal.number for goal in goals)]
        if last and not any(port.head for port in own):
            continue
        item, slots = items[place], [Item(slot_width(port)) for port in own]
        left, right = item.x - item.width / 2, item.x + item.width / 2
        settle(slots, [(goal.x, goal.weight) for goal in goals], 0.0)
        _bound(slots, left, right - (0.0 if top else stubs_width(part.children[place])))
        for slot, goal, port in zip(slots, goals, own, strict=True):
            item.offsets[goal.number, top] = slot.x - item.x
            children[place].ports[port] = slot.x - left


def _goals(part: Part, items: Sequence[Item], rows: Rows) -> dict[tuple[int, bool], list[_Goal]]:
    """By leaf and side, from left to right."""
    leaves = {item: place for place, item in enumerate(items) if not part.children[place].children}
    found: dict[tuple[int, bool], list[_Goal]] = {}
    for number, top, own, others in _sides(rows):
        goal = sum(end.x + end.offsets.get((number, not top), 0.0) for end in others) / len(others)
        for item in own:
            if item in leaves:
                found.setdefault((leaves[item], top), []).append(
                    _Goal(goal, number, 4.0 if len(others) == 1 else 1.0))
    return {side: sorted(goals) for side, goals in found.items()}


def _sides(rows: Rows) -> Iterator[tuple[int, bool, list[Item], list[Item]]]:
    """For each net in each gap: the side of the items that it touches, those, and the ones at its other end."""
    for ends in rows.ends:
        for number, (uppers, lowers) in ends.items():
            yield number, False, uppers, lowers
            yield number, True, lowers, uppers


def _bound(slots: Sequence[Item], left: float, right: float) -> None:
    """Keep slots, which there is enough room for, between two edges."""
    for slot in reversed(slots):
        slot.x = min(slot.x, right - slot.width / 2)
        right = slot.x - slot.width / 2
    for slot in slots:
        slot.x = max(slot.x, left + slot.width / 2)
        left = slot.x + slot.width / 2
