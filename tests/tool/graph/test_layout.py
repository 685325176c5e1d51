"""Pictures that can be read: nothing lies on top of anything else, and each session can be followed.

Longer runs: BASTIDE_EXAMPLES=1000.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from tool.graph.systems import systems, town

from bastide.tool.graph.arrows import Picture, picture
from bastide.tool.graph.drawing import Box, Drawing, Point, Tag
from bastide.tool.graph.layout import drawn, lines_of
from bastide.tool.graph.measure import HEADER, NAME, SMALL, cut, width
from bastide.tool.graph.model import Component, Session, System
from bastide.tool.graph.nets import Kind

EXAMPLES = int(os.environ.get("BASTIDE_EXAMPLES", "60"))
Segment = tuple[Point, Point]
Area = tuple[float, float, float, float]


def area(box: Box) -> Area:
    return box.x, box.y, box.x + box.width, box.y + box.height


def tag_area(tag: Tag) -> Area:
    return tag.x - tag.width / 2, tag.y - 6.5, tag.x + tag.width / 2, tag.y + 6.5


def overlap(one: Area, other: Area) -> bool:
    return (one[0] < other[2] - 0.1 and other[0] < one[2] - 0.1
            and one[1] < other[3] - 0.1 and other[1] < one[3] - 0.1)


def inside(one: Area, other: Area) -> bool:
    return (other[0] - 0.1 <= one[0] and one[2] <= other[2] + 0.1
            and other[1] - 0.1 <= one[1] and one[3] <= other[3] + 0.1)


def segments(drawing: Drawing) -> Iterator[tuple[Kind, Segment]]:
    for line in drawing.lines:
        for one, other in pairwise(line.points):
            yield line.kind, (one, other)


def check(shown: Picture) -> Drawing:
    drawing = drawn(shown)
    boxes = {box.node.label: box for box in drawing.boxes}
    leaves = [box for box in drawing.boxes if box.title is None]
    for box in drawing.boxes:
        children = [boxes[child.label] for child in box.node.children]
        for child in children:
            assert inside(area(child), area(box)), f"{child.node.label} sticks out"
            assert child.y >= box.y + HEADER, f"{child.node.label} lies on the name of {box.node.label}"
        for one, other in combinations(children, 2):
            assert not overlap(area(one), area(other)), f"{one.node.label} lies on {other.node.label}"
        text = max(width(line, SMALL if place else NAME, not place) for place, line in enumerate(lines_of(box.node)))
        assert box.title is not None or text <= box.width
    for tag in drawing.tags:
        assert width(tag.kind.text, SMALL) < tag.width
        assert inside(tag_area(tag), area(boxes["core"]))
        assert not any(overlap(tag_area(tag), area(leaf)) for leaf in leaves), f"{tag} lies on a component"
    for this, that in combinations(drawing.tags, 2):
        assert not overlap(tag_area(this), tag_area(that)), f"{this} lies on {that}"
    for kind, (start, end) in segments(drawing):
        assert abs(start[0] - end[0]) < 0.5 or abs(start[1] - end[1]) < 0.01, "a line is not straight"
        around = (min(start[0], end[0]), min(start[1], end[1]), max(start[0], end[0]), max(start[1], end[1]))
        fat = (around[0] - 1, around[1], around[2] + 1, around[3])
        assert not any(overlap(fat, area(leaf)) for leaf in leaves), f"a line of {kind} runs through a component"
        assert inside(around, area(boxes["core"]))
    check_arrows(shown, drawing, boxes)
    return drawing


def check_arrows(shown: Picture, drawing: Drawing, boxes: dict[str, Box]) -> None:
    """Each arrow leads from the name of its services, beside the client, to a head at the server, without a break."""
    trees: dict[Kind, list[Segment]] = {}
    for kind, segment in segments(drawing):
        trees.setdefault(kind, []).append(segment)
    tags = {(tag.client, tag.kind): tag for tag in drawing.tags}
    for arrow in shown.arrows:
        kind = Kind(arrow.server, arrow.text, arrow.link)
        tag = tags[arrow.client, kind]
        box = boxes[arrow.client]
        assert box.x <= tag.x <= box.x + box.width and min(abs(tag.y - box.y), abs(tag.y - box.y - box.height)) < 10
        assert tag.alone == (arrow.server in ("", arrow.client))
        if not tag.alone:
            server = boxes[arrow.server]
            heads = [head for head in drawing.heads if head.kind == kind]
            assert all(server.x <= head.x <= server.x + server.width for head in heads)
            assert any(follow((head.x, head.y), (tag.x, tag.y), trees[kind]) for head in heads), f"{arrow} is broken"
    assert len(tags) == len(drawing.tags) == len(shown.arrows)


def follow(start: Point, end: Point, tree: list[Segment]) -> bool:
    reached, todo = set[int](), [number for number, segment in enumerate(tree) if touches(start, segment)]
    while todo:
        number = todo.pop()
        if number not in reached:
            reached.add(number)
            todo += [other for other, segment in enumerate(tree)
                     if any(touches(point, segment) for point in tree[number])
                     or any(touches(point, tree[number]) for point in segment)]
    return any(touches(end, tree[number]) for number in reached)


def touches(point: Point, segment: Segment) -> bool:
    (ax, ay), (bx, by) = segment
    return (min(ax, bx) - 0.2 <= point[0] <= max(ax, bx) + 0.2 and min(ay, by) - 0.2 <= point[1] <= max(ay, by) + 0.2)


@given(systems())
@settings(max_examples=EXAMPLES)
def test_nothing_lies_on_anything_else_and_each_session_can_be_followed(system: System) -> None:
    check(picture(system))
    check(picture(system, everything=True))


@pytest.mark.parametrize("size", [5, 20, 60])
def test_systems_as_people_build_them_can_be_read(size: int) -> None:
    drawing = check(picture(town(size)))
    assert 0.3 < drawing.width / drawing.height < 4
    assert shared(drawing) <= size * 2


def shared(drawing: Drawing) -> float:
    """The length of all lines that lie on one of another tree, in points."""
    total = 0.0
    for (kind, one), (other_kind, other) in combinations(segments(drawing), 2):
        for axis in (0, 1):
            if kind != other_kind and all(abs(a[axis] - b[axis]) < 1.5 for a in one for b in other):
                a, b = sorted(point[1 - axis] for point in one)
                c, d = sorted(point[1 - axis] for point in other)
                total += max(0.0, min(b, d) - max(a, c))
    return total


def test_rows_are_filled_up_to_a_width_that_fits_a_screen() -> None:
    clients = [Component(f"init -> client_{number}") for number in range(100)]
    server = Component("init -> server")
    system = System("star", Component("core", children=(Component("init", children=(server, *clients)),)),
                    tuple(Session(client.label, "Timer", server.label) for client in clients))
    drawing = drawn(picture(system))
    assert drawing.width < 3 * drawing.height
    assert len(drawing.heads) == 1


def test_a_deep_chain_and_many_components_are_laid_out() -> None:
    chain = [Component(f"init -> c{number}") for number in range(1500)]
    system = System("chain", Component("core", children=(Component("init", children=tuple(chain)),)), tuple(
        Session(one.label, "Own", other.label) for one, other in pairwise(chain)))
    drawing = drawn(picture(system))
    assert len(drawing.heads) == 1499 and drawing.height > 1499 * 50


def test_clients_lie_above_their_servers_unless_they_serve_one_another() -> None:
    def of(*sessions: Session) -> dict[str, float]:
        system = System("x", Component("core", children=(Component("a"), Component("b"))), sessions)
        return {box.node.label: box.y for box in check(picture(system)).boxes}

    down = of(Session("b", "Own", "a"))
    assert down["b"] < down["a"]
    round_about = of(Session("a", "Own", "b"), Session("b", "Other", "a"))
    assert round_about["a"] < round_about["b"]


def test_parallel_sessions_are_one_arrow() -> None:
    system = System("x", Component("core", children=(Component("a"), Component("b"))), (
        Session("a", "ROM", "b"), Session("a", "Timer", "b"), Session("a", "ROM", "b")))
    assert [arrow.text for arrow in picture(system).arrows] == ["ROM, Timer"]


def test_what_everybody_asks_of_core_is_shown_only_if_wanted() -> None:
    system = System("x", Component("core", children=(Component("a"),)), (
        Session("a", "ROM", "core"), Session("a", "Report", "core")))
    assert [arrow.text for arrow in picture(system).arrows] == ["Report"]
    assert [arrow.text for arrow in picture(system, everything=True).arrows] == ["ROM, Report"]


@pytest.mark.parametrize(("text", "shown"), [("short", "short"), ("a" * 30, "a" * 30), ("a" * 40, "a" * 24 + "…aaaaa")])
def test_long_names_are_cut_in_the_middle(text: str, shown: str) -> None:
    assert cut(text, 30) == shown
