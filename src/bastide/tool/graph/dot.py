"""A picture as source for Graphviz, for those who want to lay it out, or to style it, themselves."""

from __future__ import annotations

from collections.abc import Iterator

from bastide.tool.graph.arrows import Arrow, Node, Picture
from bastide.tool.graph.model import Link

_STYLES = {Link.PLANNED: "", Link.OPEN: "", Link.WAITING: " style=dashed", Link.DENIED: " color=red fontcolor=red"}


def dot(picture: Picture) -> str:
    """The text of a `.dot` file: boxes are clusters, in which a point stands for the box itself."""
    ids: dict[str, str] = {}
    inner = list(_boxes(picture.root, ids, 1))
    return "\n".join((f"digraph {_quoted(picture.name)} {{", "  compound=true rankdir=TB",
                      '  node [shape=box style=rounded fontname="sans-serif"]', '  edge [fontname="sans-serif"]',
                      *inner, *_edges(picture.arrows, ids), "}", ""))


def _boxes(node: Node, ids: dict[str, str], depth: int) -> Iterator[str]:
    name = ids[node.label] = f"n{len(ids)}"
    indent = "  " * depth
    if not node.children:
        style = ' style="rounded,dashed"' if node.component is None else ""
        yield f"{indent}{name} [label={_quoted(_title(node))}{style}]"
        return
    yield f"{indent}subgraph cluster_{name} {{"
    yield f"{indent}  label={_quoted(_title(node))}"
    yield f"{indent}  {name} [shape=point style=invis]"
    for child in node.children:
        yield from _boxes(child, ids, depth + 1)
    yield f"{indent}}}"


def _title(node: Node) -> str:
    component = node.component
    if component is None or component.binary in ("", node.name) or node.children:
        return node.name
    return f"{node.name}\n{component.binary}"


def _edges(arrows: tuple[Arrow, ...], ids: dict[str, str]) -> Iterator[str]:
    for number, arrow in enumerate(arrows):
        server = ids.get(arrow.server)
        if server is None:
            server = f"denied{number}"
            yield f'  {server} [shape=plaintext label="\u2715" fontcolor=red]'
        yield f"  {ids[arrow.client]} -> {server} [label={_quoted(arrow.text)}{_STYLES[arrow.link]}]"


def _quoted(text: str) -> str:
    shown = "".join(char if char.isprintable() or char == "\n" else "\ufffd" for char in text)
    return '"' + shown.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
