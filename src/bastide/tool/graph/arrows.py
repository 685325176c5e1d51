"""What of a system is drawn: components within components, and one arrow for all sessions between two of them.

The sessions that nearly everybody has at core (PD, CPU, LOG, RM, and ROM: the modules it booted with), and the ROMs
that inits serve to their children, are left out unless they are wanted. A session between a component and one around
it, such as a report that leaves the system, gets an end of its own within the outer one: a `Node` with the label `OWN`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bastide.base.label import SEPARATOR
from bastide.tool.graph.model import Component, Link, Session, System

COMMON = frozenset({"CPU", "LOG", "PD", "RM", "ROM"})
OWN = "\0"
"""Behind the label of a component: the component itself, as an end of arrows within it."""


@dataclass(frozen=True, eq=False)
class Node:
    """A box; `component` is None for what stands for the one around it."""

    label: str
    name: str
    component: Component | None = None
    children: tuple[Node, ...] = ()


@dataclass(frozen=True)
class Arrow:
    """Sessions of one client at one server; `server` is empty if they were denied."""

    client: str
    server: str
    services: tuple[str, ...]
    link: Link
    sessions: tuple[Session, ...]

    @property
    def text(self) -> str:
        return ", ".join(self.services)


@dataclass(frozen=True)
class Picture:
    name: str
    root: Node
    arrows: tuple[Arrow, ...]


def picture(system: System, everything: bool = False) -> Picture:
    """What is drawn. `everything` includes the sessions that nearly everybody has."""
    root = system.root.label
    known = {root, *_labels(system.root)}
    merged: dict[tuple[str, str, Link], list[Session]] = {}
    for session in system.sessions:
        common = within(session.client, session.server, root) and session.service in COMMON
        if session.client not in known or session.server not in known | {""} or (common and not everything):
            continue
        client, server = _ends(session.client, session.server, root)
        merged.setdefault((client, server, session.link), []).append(session)
    arrows = tuple(Arrow(client, server, tuple(sorted({session.service for session in sessions})), link,
                         tuple(sessions)) for (client, server, link), sessions in merged.items())
    own = {end for arrow in arrows for end in (arrow.client, arrow.server) if end.endswith(OWN)}
    return Picture(system.name, _node(system.root, own), arrows)


def within(inner: str, outer: str, root: str) -> bool:
    """Whether a label is that of something inside. Labels do not begin with the one of the root."""
    return inner != outer and (outer == root or inner.startswith((outer + SEPARATOR, outer + OWN)))


def _ends(client: str, server: str, root: str) -> tuple[str, str]:
    if server and within(client, server, root):
        return client, server + OWN
    if server and within(server, client, root):
        return client + OWN, server
    return client, server


def _labels(component: Component) -> Iterator[str]:
    yield component.label
    for child in component.children:
        yield from _labels(child)


def _node(component: Component, own: set[str]) -> Node:
    children = [_node(child, own) for child in component.children]
    if component.label + OWN in own:
        children.append(Node(component.label + OWN, f"{component.name} itself"))
    return Node(component.label, component.name, component, tuple(children))
