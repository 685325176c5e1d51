"""Arrows, cut into pieces that each lie within one box: nets.

All arrows of one kind to one server are drawn as one tree that grows together on the way. A net is the part of such a
tree between the children of one box and, where it leaves the box, the box's upper or lower edge. Clients lie above
their servers. Where components are clients of one another in a circle, some lie below, and their nets go up.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from bastide.tool.graph.arrows import Arrow, Node
from bastide.tool.graph.model import Link


@dataclass(frozen=True)
class Kind:
    """Which arrows are one tree: same server, same services, same fate."""

    server: str
    text: str
    link: Link


@dataclass(frozen=True)
class Port:
    """Where a tree touches a box: above or below. `label` is shown there if the box itself is the client."""

    kind: Kind
    top: bool
    label: str = ""
    head: bool = False                  # the tree ends here: this is the server


@dataclass(eq=False)
class Net:
    """A part of a tree: terminals are a child (by its place in the box) or None, the edge of the box, with a port."""

    kind: Kind
    uppers: list[tuple[int | None, Port]] = field(default_factory=list)
    lowers: list[tuple[int | None, Port]] = field(default_factory=list)


@dataclass(eq=False)
class Part:
    """A box with what is drawn in it. `ports` are those on its own edge, of the parts around it."""

    node: Node
    children: list[Part] = field(default_factory=list)
    nets: list[Net] = field(default_factory=list)
    ports: list[Port] = field(default_factory=list)
    stubs: list[Kind] = field(default_factory=list)         # what leads nowhere, or to itself


def parts(root: Node, arrows: Iterable[Arrow]) -> Part:
    """The whole picture, cut up."""
    clients: dict[Kind, list[str]] = {}
    stubs: dict[str, list[Kind]] = {}
    for arrow in arrows:
        kind = Kind(arrow.server, arrow.text, arrow.link)
        if arrow.server not in ("", arrow.client):
            clients.setdefault(kind, []).append(arrow.client)
        else:
            stubs.setdefault(arrow.client, []).append(kind)
    paths: dict[str, tuple[str, ...]] = {}
    _note(root, (), paths)
    whole = Part(root)
    own = {(label, kind) for kind, labels in clients.items() for label in labels}
    _Cutting(paths, stubs, own).fill(whole, clients)
    return whole


def _note(node: Node, outer: tuple[str, ...], paths: dict[str, tuple[str, ...]]) -> None:
    """Each box with those around it and itself, outermost first."""
    paths[node.label] = (*outer, node.label)
    for child in node.children:
        _note(child, paths[node.label], paths)


class _Cutting:
    def __init__(self, paths: dict[str, tuple[str, ...]], stubs: dict[str, list[Kind]],
                 own: set[tuple[str, Kind]]) -> None:
        self._paths, self._stubs, self._own = paths, stubs, own

    def fill(self, part: Part, kinds: dict[Kind, list[str]]) -> None:
        """Cut what concerns a box: `kinds` of trees, with those of their clients that are inside."""
        part.stubs = self._stubs.get(part.node.label, [])
        part.children = [Part(child) for child in part.node.children]
        places = {child.node.label: place for place, child in enumerate(part.children)}
        targets = {kind: self._place(part, places, kind.server) for kind in kinds}
        inner: list[dict[Kind, list[str]]] = [{} for _ in part.children]
        sources: dict[Kind, list[int]] = {}
        for kind, labels in kinds.items():
            found = [(self._place(part, places, label), label) for label in labels]
            for place, label in found:
                if place is not None:
                    inner[place].setdefault(kind, []).append(label)
            if (target := targets[kind]) is not None:
                inner[target].setdefault(kind, [])
            sources[kind] = sorted({place for place, _ in found if place is not None} - {target})
        order = _order(len(part.children), [(place, target) for kind, target in targets.items() if target is not None
                                            for place in sources[kind]])
        edge = {(port.kind, port.top): port for port in part.ports}
        for kind, target in targets.items():
            for top in (True, False):
                port = edge.get((kind, top))
                if target is None:
                    if port is not None and sources[kind]:
                        self._connect(part, kind, sources[kind], (None, port), upwards=top)
                else:
                    chosen = [place for place in sources[kind] if (order[place] < order[target]) == top]
                    if chosen or port is not None:
                        end = Port(kind, top, head=part.children[target].node.label == kind.server)
                        part.children[target].ports.append(end)
                        self._connect(part, kind, chosen, (target, end), upwards=not top, entry=port)
        for place, child in enumerate(part.children):
            self.fill(child, inner[place])

    def _connect(self, part: Part, kind: Kind, sources: list[int], end: tuple[int | None, Port], *, upwards: bool,
                 entry: Port | None = None) -> None:
        """A net from children, and from outside by `entry`, to its end."""
        near: list[tuple[int | None, Port]] = []
        for place in sources:
            child = part.children[place]
            port = Port(kind, upwards, kind.text if (child.node.label, kind) in self._own else "")
            child.ports.append(port)
            near.append((place, port))
        if entry is not None:
            near.append((None, entry))
        part.nets.append(Net(kind, [end], near) if upwards else Net(kind, near, [end]))

    def _place(self, part: Part, places: dict[str, int], label: str) -> int | None:
        """The child that is, or contains, a component. None: it is not within the box."""
        path = self._paths[label]
        depth = len(self._paths[part.node.label])
        return places[path[depth]] if len(path) > depth and path[depth - 1] == part.node.label else None


def _order(count: int, edges: Iterable[tuple[int, int]]) -> list[int]:
    """Numbers by which clients come before their servers, as far as there are no circles."""
    below: list[list[int]] = [[] for _ in range(count)]
    for client, server in edges:
        below[client].append(server)
    finished, seen = list[int](), [False] * count
    for start in range(count):
        todo = [] if seen[start] else [(start, iter(below[start]))]
        seen[start] = True
        while todo:
            place, further = todo[-1]
            following = next((server for server in further if not seen[server]), None)
            if following is None:
                finished.append(place)
                todo.pop()
            else:
                seen[following] = True
                todo.append((following, iter(below[following])))
    numbers = [0] * count
    for number, place in enumerate(reversed(finished)):
        numbers[place] = number
    return numbers
