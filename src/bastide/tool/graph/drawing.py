"""A picture with places: boxes, lines and words, in points, counted from the upper left. Nothing is decided here."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bastide.tool.graph.arrows import Node
from bastide.tool.graph.nets import Kind

Point = tuple[float, float]


@dataclass(frozen=True)
class Box:
    """A component. `title` is where its name begins if there are others in it, else the name is in the middle."""

    x: float
    y: float
    width: float
    height: float
    node: Node
    depth: int = 0
    title: float | None = None


@dataclass(frozen=True)
class Line:
    """A piece of a tree, with corners."""

    points: tuple[Point, ...]
    kind: Kind


@dataclass(frozen=True)
class Head:
    """The end of a tree, at its server: above it if it points `down`."""

    x: float
    y: float
    kind: Kind
    down: bool


@dataclass(frozen=True)
class Tag:
    """The services of an arrow, beside its client; `x` and `y` are of its middle. What is `alone` has no line."""

    x: float
    y: float
    width: float
    kind: Kind
    client: str
    alone: bool = False


@dataclass(frozen=True)
class Drawing:
    """All of it."""

    width: float
    height: float
    boxes: tuple[Box, ...] = ()
    lines: tuple[Line, ...] = ()
    heads: tuple[Head, ...] = ()
    tags: tuple[Tag, ...] = ()

    def moved(self, x: float, y: float) -> Drawing:
        """The same elsewhere, one level deeper."""
        return replace(
            self,
            boxes=tuple(replace(box, x=box.x + x, y=box.y + y, depth=box.depth + 1,
                                title=None if box.title is None else box.title + x) for box in self.boxes),
            lines=tuple(replace(line, points=tuple((a + x, b + y) for a, b in line.points)) for line in self.lines),
            heads=tuple(replace(head, x=head.x + x, y=head.y + y) for head in self.heads),
            tags=tuple(replace(tag, x=tag.x + x, y=tag.y + y) for tag in self.tags))
