"""A picture as text: components as a tree, below each of them whom it asks for what."""

from __future__ import annotations

from collections.abc import Iterator

from bastide.base.label import SEPARATOR
from bastide.tool.graph.arrows import OWN, Arrow, Node, Picture
from bastide.tool.graph.model import Link
from bastide.tool.log import visible

_PLAIN = str.maketrans({"├": "|", "└": "`", "│": "|", "─": "-", "→": ">", "✗": "x", "…": "~"})


def tree(picture: Picture, unicode: bool = True) -> str:
    """The text, of which each line ends."""
    arrows: dict[str, list[Arrow]] = {}
    for arrow in picture.arrows:
        arrows.setdefault(arrow.client.removesuffix(OWN), []).append(arrow)
    text = "".join(f"{line}\n" for line in _branch(picture.root, arrows, "", ""))
    return text if unicode else text.translate(_PLAIN)


def _branch(node: Node, arrows: dict[str, list[Arrow]], first: str, further: str) -> Iterator[str]:
    yield first + _title(node)
    children = [child for child in node.children if child.component is not None]
    bar = "│  " if children else "   "
    for arrow in arrows.get(node.label, ()):
        mark = "✗" if arrow.link is Link.DENIED else "→"
        server = _named(arrow.server, node.label)
        waits = ", which it waits for" if arrow.link is Link.WAITING else ""
        yield f"{further}{bar}  {mark} {visible(arrow.text)}{': ' if server else ''}{visible(server)}{waits}"
    for child in children:
        last = child is children[-1]
        yield from _branch(child, arrows, further + ("└─ " if last else "├─ "), further + ("   " if last else "│  "))


def _title(node: Node) -> str:
    component = node.component
    if component is None:
        return visible(node.name)
    binary = f" ({component.binary})" if component.binary not in ("", node.name) else ""
    state = f", {component.state}" if component.state else ""
    return visible(node.name + binary + state)


def _named(server: str, client: str) -> str:
    """A server as its client's parent calls it, or by its whole label."""
    server = server.removesuffix(OWN)
    scope = client.rpartition(SEPARATOR)[0] + SEPARATOR
    name = server.removeprefix(scope)
    return server if SEPARATOR in name else name
