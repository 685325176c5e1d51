"""One box put together: rows below one another, and lines in the gaps between them.

What comes in are items with a place in their row; what comes out is a drawing, and where lines leave and enter the box.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from bastide.tool.graph.channel import Run, tracks
from bastide.tool.graph.drawing import Box, Drawing, Head, Line, Point, Tag
from bastide.tool.graph.layers import PASSAGE, Item, Rows
from bastide.tool.graph.measure import HEADER, LONGEST, NAME, SMALL, cut, width
from bastide.tool.graph.nets import Kind, Part, Port

GAP, LEAST_GAP = 22.0, 30.0             # between the items of a row, and between rows
TAG_ROW = 17.0                          # the height of the names of services beside a client

_PAD, _TRACK = 14.0, 11.0
_STRAIGHT = 0.5


@dataclass(eq=False)
class Laid:
    """A part with its drawing, the edges of its box at 0. Ports and stubs are places on the edges, from the left."""

    part: Part
    drawing: Drawing
    ports: dict[Port, float] = field(default_factory=dict)
    stubs: list[float] = field(default_factory=list)

    @property
    def above(self) -> float:
        """Room for the names of services above."""
        return TAG_ROW if any(port.top and port.label for port in self.part.ports) else 0.0

    @property
    def height(self) -> float:
        """With the names of services above and below."""
        below = self.part.stubs or any(not port.top and port.label for port in self.part.ports)
        return self.above + self.drawing.height + (TAG_ROW if below else 0.0)

    @property
    def tags(self) -> Drawing:
        """The names of services beside the box as a client, and of those that lead to no other box."""
        made, high, own = list[Tag](), self.drawing.height, self.part.node.label
        for port, x in self.ports.items():
            if port.label:
                made.append(Tag(x, -TAG_ROW / 2 if port.top else high + TAG_ROW / 2, slot_width(port) - 4.0, port.kind,
                                own))
        made += (Tag(x, high + TAG_ROW / 2, stub_width(kind) - 4.0, kind, own, alone=True)
                 for kind, x in zip(self.part.stubs, self.stubs, strict=True))
        return Drawing(0, 0, tags=tuple(made))


def slot_width(port: Port) -> float:
    """The room that a port takes of an edge."""
    return width(port.label, SMALL) + 14.0 if port.label else PASSAGE


def stub_width(kind: Kind) -> float:
    """The room that a session without line takes."""
    return width(kind.text, SMALL) + 26.0


def assembled(part: Part, children: Sequence[Laid], items: Sequence[Item], edges: dict[Port, Item],
              stubs: Sequence[Item], rows: Rows) -> Laid:
    """The box with all that is in it; `edges` and `stubs` are in the first and the last row."""
    return _Assembly(part, children, items, edges, stubs, rows).laid()


@dataclass(frozen=True)
class _End:
    """Where a net touches an item."""

    item: Item
    x: float
    y: float
    top: bool                           # at the upper side of the item


class _Assembly:
    def __init__(self, part: Part, children: Sequence[Laid], items: Sequence[Item], edges: dict[Port, Item],
                 stubs: Sequence[Item], rows: Rows) -> None:
        self._part, self._edges, self._stubs, self._rows = part, edges, stubs, rows
        self._laid = dict(zip(items, children, strict=True))
        self._places = {item: place for place, item in enumerate(items)}
        self._sides: dict[Item, tuple[float, float]] = {}
        """The y of the upper and of the lower side of each item, where lines end."""
        everything = [item for row in rows.rows for item in row]
        left = min(item.x - item.width / 2 for item in everything)
        right = max(item.x + item.width / 2 for item in everything)
        room = width(cut(part.node.name, LONGEST), NAME, True) + 12.0
        entries = sorted(edges[port].x - left + _PAD for port in part.ports if port.top)
        self._title, shift = _title(entries, room)
        self._dx = _PAD - left + shift
        self._width = max(right - left + 2 * _PAD + shift, self._title + room)

    def laid(self) -> Laid:
        levels, height = self._stacked()
        drawings = [Drawing(self._width, height, (Box(0, 0, self._width, height, self._part.node, title=self._title),))]
        for item, child in self._laid.items():
            x, y = item.x - item.width / 2 + self._dx, self._sides[item][0]
            drawings += [child.drawing.moved(x, y), child.tags.moved(x, y)]
        lines, heads = list(self._passing()), list[Head]()
        for gap, ends in enumerate(self._rows.ends):
            for number in ends:
                uppers, lowers = self._ends(gap, number)
                kind = self._part.nets[number].kind
                lines += (Line(points, kind) for points in _bends(uppers, lowers, levels[gap][number]))
                heads += self._heads(number, (*uppers, *lowers))
        drawings.append(Drawing(0, 0, lines=tuple(lines), heads=tuple(heads)))
        whole = Drawing(self._width, height, *(
            tuple(part for drawing in drawings for part in getattr(drawing, kind))
            for kind in ("boxes", "lines", "heads", "tags")))
        return Laid(self._part, whole, {port: edge.x + self._dx for port, edge in self._edges.items()},
                    [stub.x + self._dx for stub in self._stubs])

    def _stacked(self) -> tuple[list[dict[int, float]], float]:
        """Put the rows below one another; the y of each net's track in each gap, and the height of it all."""
        rows, levels, y = self._rows, list[dict[int, float]](), HEADER
        self._sides.update((item, (0.0, 0.0)) for item in rows.rows[0])
        for gap, ends in enumerate(rows.ends):
            outer = gap in (0, len(rows.ends) - 1)
            runs = [self._run(number, *found) for number, found in ends.items()]
            numbers, count = tracks(runs)
            room = max((count + 1) * _TRACK, LEAST_GAP - 10.0 * outer if ends else 10.0 + 20.0 * (not outer))
            levels.append({number: y + room * (level + 1) / (count + 1)
                           for number, level in zip(ends, numbers, strict=True)})
            y += room
            row = rows.rows[gap + 1]
            high = max((self._laid[item].height for item in row if item in self._laid), default=0.0)
            for item in row:
                self._sides[item] = (y, y + high)
                if item in self._laid:
                    child = self._laid[item]
                    top = y + (high - child.height) / 2 + child.above
                    self._sides[item] = (top, top + child.drawing.height)
            y += high
        return levels, y

    def _run(self, number: int, uppers: Sequence[Item], lowers: Sequence[Item]) -> Run:
        return Run(tuple(item.x + item.offsets.get((number, False), 0.0) for item in uppers),
                   tuple(item.x + item.offsets.get((number, True), 0.0) for item in lowers))

    def _ends(self, gap: int, number: int) -> tuple[list[_End], list[_End]]:
        uppers, lowers = self._rows.ends[gap][number]
        return ([self._end(number, item, False) for item in uppers], [self._end(number, item, True) for item in lowers])

    def _end(self, number: int, item: Item, top: bool) -> _End:
        x = item.x + item.offsets.get((number, top), 0.0) + self._dx
        return _End(item, x, self._sides[item][0 if top else 1], top)

    def _passing(self) -> Iterator[Line]:
        for row in self._rows.rows:
            for item in row:
                if item.net is not None:
                    top, bottom = self._sides[item]
                    x = item.x + self._dx
                    yield Line(((x, top), (x, bottom)), self._part.nets[item.net].kind)

    def _heads(self, number: int, ends: Sequence[_End]) -> Iterator[Head]:
        net = self._part.nets[number]
        targets = {(place, port.top) for place, port in (*net.uppers, *net.lowers) if port.head}
        for end in ends:
            if (self._places.get(end.item), end.top) in targets:
                yield Head(end.x, end.y, net.kind, end.top)


def _title(entries: Sequence[float], room: float) -> tuple[float, float]:
    """Where the name of a box begins between the lines that enter it, and by how much all is to be moved for that."""
    free = _PAD
    for entry in (*entries, math.inf):
        if entry - PASSAGE / 2 - free >= room:
            return free, 0.0
        free = entry + PASSAGE / 2
    return _PAD, room


def _bends(uppers: Sequence[_End], lowers: Sequence[_End], track: float) -> Iterator[tuple[Point, ...]]:
    """Lines from each end above to each one below, by the track: one of both is always alone."""
    for upper in uppers:
        for lower in lowers:
            if abs(upper.x - lower.x) < _STRAIGHT:
                yield (upper.x, upper.y), (lower.x, lower.y)
            else:
                yield (upper.x, upper.y), (upper.x, track), (lower.x, track), (lower.x, lower.y)
