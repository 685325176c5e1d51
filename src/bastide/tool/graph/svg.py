"""A picture as SVG, to be looked at in a browser or put into a document. Nothing in it is fetched or runs."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape, quoteattr

from bastide.tool.graph.arrows import OWN, Arrow, Picture
from bastide.tool.graph.drawing import Box, Drawing, Head, Line, Point, Tag
from bastide.tool.graph.layout import drawn, lines_of
from bastide.tool.graph.measure import FONT, HEADER, LONGEST, NAME, SMALL, cut
from bastide.tool.graph.model import Link
from bastide.tool.graph.nets import Kind

MARGIN = 12.0

COLOURS = {
    "ROM": "#2b6cb0", "Report": "#b7561f", "Timer": "#2f855a", "Rtc": "#5f7d1f", "LOG": "#64748b", "PD": "#94a3b8",
    "CPU": "#94a3b8", "Nic": "#7b3fb5", "Uplink": "#7b3fb5", "File_system": "#a16207", "Block": "#92400e",
    "Terminal": "#0e7490", "Capture": "#be185d", "Event": "#c2410c", "Gui": "#be185d",
}
"""Of services that everybody knows; others get one of the following by their name."""

_FURTHER = ("#1d7a8c", "#8a4fa3", "#4d7c0f", "#b4436c", "#3f51a3", "#a36a00")
_DENIED, _WAITING = "#c81e1e", "#c07600"
_RADIUS = 6.0
_FILLS = ("#f4f6f8", "#ffffff", "#f6f8fb", "#ffffff")


def svg(picture: Picture) -> str:
    """The text of an SVG file."""
    drawing = drawn(picture)
    wide, high = drawing.width + 2 * MARGIN, drawing.height + 2 * MARGIN
    arrows: dict[tuple[str, str, Link], list[Arrow]] = {}
    for arrow in picture.arrows:
        arrows.setdefault((arrow.server, arrow.text, arrow.link), []).append(arrow)
    return "\n".join((
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide:.0f}" height="{high:.0f}" '
        f'viewBox="0 0 {wide:.0f} {high:.0f}" font-family={quoteattr(FONT)} role="img">',
        f"<title>{_text(picture.name)}</title>",
        f'<rect width="{wide:.0f}" height="{high:.0f}" fill="#ffffff"/>',
        f'<g transform="translate({MARGIN:.0f} {MARGIN:.0f})">',
        *_content(drawing, arrows), "</g>", "</svg>", ""))


def _content(drawing: Drawing, arrows: dict[tuple[str, str, Link], list[Arrow]]) -> Iterator[str]:
    for box in drawing.boxes:
        yield from _box(box)
    trees: dict[Kind, list[Line]] = {}
    for line in drawing.lines:
        trees.setdefault(line.kind, []).append(line)
    for kind, lines in trees.items():
        yield from _tree(kind, lines, arrows.get((kind.server, kind.text, kind.link), ()))
    for head in drawing.heads:
        yield _head(head)
    for tag in drawing.tags:
        yield from _tag(tag, arrows)


def _box(box: Box) -> Iterator[str]:
    component = box.node.component
    wrong = component is not None and bool(component.problems)
    stroke = _DENIED if wrong else "#475569" if box.title is None else "#94a3b8"
    fill = "#ffffff" if box.title is None else _FILLS[box.depth % len(_FILLS)]
    if wrong and box.title is None:
        fill = "#fdeeee"
    dashes = ' stroke-dasharray="4 3"' if component is None else ""
    yield f"<g data-label={quoteattr(_visible(box.node.label))}><title>{_text(_tip(box))}</title>"
    yield (f'<rect x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" height="{box.height:.1f}" '
           f'rx="{5 if box.title is None else 8}" fill="{fill}" stroke="{stroke}"{dashes}/>')
    if box.title is not None:
        yield _words(box.title, box.y + HEADER - 9, cut(box.node.name, LONGEST), NAME, "start", "#334155", True)
    else:
        lines = lines_of(box.node)
        first = box.y + (box.height - 15 * len(lines)) / 2 + 11.5
        for place, line in enumerate(lines):
            yield _words(box.x + box.width / 2, first + 15 * place, line, SMALL if place else NAME, "middle",
                         "#64748b" if place else "#0f172a", not place)
    yield "</g>"


def _tip(box: Box) -> str:
    component = box.node.component
    if component is None:
        return box.node.name
    said = [component.label]
    if component.binary:
        said.append(f"binary: {component.binary}")
    if component.provides:
        said.append(f"provides: {', '.join(component.provides)}")
    for name, amount in (("ram", component.ram), ("caps", component.caps)):
        if amount is not None:
            used = f"{amount.used} of " if amount.used is not None else ""
            said.append(f"{name}: {used}{amount.quota}")
    return "\n".join((*said, *component.problems))


def _tree(kind: Kind, lines: Sequence[Line], arrows: Sequence[Arrow]) -> Iterator[str]:
    """All lines of one tree. A white edge lets those that cross it pass below."""
    path = "".join(_path(line.points) for line in lines)
    dashes = ' stroke-dasharray="5 4"' if kind.link is Link.WAITING else ""
    tip = "\n".join(f"{arrow.client} > {arrow.server}: {arrow.text}" for arrow in arrows)
    yield (f'<g fill="none" data-server={quoteattr(_visible(kind.server))} '
           f"data-services={quoteattr(_visible(kind.text))}><title>{_text(tip)}</title>")
    yield f'<path d="{path}" stroke="#ffffff" stroke-opacity="0.9" stroke-width="{_thickness(kind) + 3:.1f}"/>'
    yield f'<path d="{path}" stroke="{_colour(kind)}" stroke-width="{_thickness(kind):.1f}"{dashes}/></g>'


def _path(points: Sequence[Point]) -> str:
    """Straight lines with round corners."""
    x, y = points[0]
    made = [f"M{x:.1f} {y:.1f}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        radius = min(_RADIUS, _length(before, corner) / 2, _length(corner, after) / 2)
        (ax, ay), (bx, by) = _towards(corner, before, radius), _towards(corner, after, radius)
        made.append(f"L{ax:.1f} {ay:.1f}Q{corner[0]:.1f} {corner[1]:.1f} {bx:.1f} {by:.1f}")
    x, y = points[-1]
    return "".join((*made, f"L{x:.1f} {y:.1f}"))


def _length(one: Point, other: Point) -> float:
    return abs(one[0] - other[0]) + abs(one[1] - other[1])


def _towards(start: Point, end: Point, distance: float) -> Point:
    length = _length(start, end) or 1.0
    return (start[0] + (end[0] - start[0]) * distance / length, start[1] + (end[1] - start[1]) * distance / length)


def _head(head: Head) -> str:
    back = -8 if head.down else 8
    return (f'<path d="M{head.x:.1f} {head.y:.1f}l-4 {back}h8z" fill="{_colour(head.kind)}"/>')


def _tag(tag: Tag, arrows: dict[tuple[str, str, Link], list[Arrow]]) -> Iterator[str]:
    colour = _colour(tag.kind)
    own = next((arrow for arrow in arrows.get((tag.kind.server, tag.kind.text, tag.kind.link), ())
                if arrow.client == tag.client), None)
    tip = "\n".join(f"{session.service} \"{session.label}\" {session.explanation}".rstrip()
                    for session in (own.sessions if own is not None else ()))
    yield (f"<g data-client={quoteattr(_visible(tag.client))} data-server={quoteattr(_visible(tag.kind.server))}>"
           f"<title>{_text(tip)}</title>")
    yield (f'<rect x="{tag.x - tag.width / 2:.1f}" y="{tag.y - 6.5:.1f}" width="{tag.width:.1f}" height="13" rx="6.5" '
           f'fill="#ffffff" stroke="{colour}" stroke-width="0.7"/>')
    mark = "" if not tag.alone else "\u21bb " if tag.kind.server else "\u2715 "
    yield _words(tag.x, tag.y + 3.6, mark + tag.kind.text, SMALL, "middle", colour)
    yield "</g>"


def _words(x: float, y: float, text: str, size: float, anchor: str, colour: str, bold: bool = False) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{colour}"{weight}>'
            f"{_text(text)}</text>")


def _colour(kind: Kind) -> str:
    if kind.link is Link.DENIED:
        return _DENIED
    if kind.link is Link.WAITING:
        return _WAITING
    first = kind.text.partition(",")[0]
    return COLOURS.get(first) or _FURTHER[zlib.crc32(first.encode()) % len(_FURTHER)]


def _thickness(kind: Kind) -> float:
    return min(1.3 + 0.6 * kind.text.count(","), 3.1)


def _text(text: str) -> str:
    return escape(_visible(text))


def _visible(text: str) -> str:
    """Without characters that XML can't have, and without the mark of what stands for a component itself."""
    return "".join(char if char.isprintable() or char == "\n" else "\ufffd" for char in text.replace(OWN, ""))
