"""A system as rows of a table: one for each component, with what it has, uses and took since the last look."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bastide.tool.graph.model import Amount, Component, Link, System
from bastide.tool.live.commands.table import UNKNOWN, size, table
from bastide.tool.log import visible

HEAD = ("COMPONENT", "RAM", "OF", "CAPS", "OF", "CPU%", "TIME", "SESSIONS", "RESTARTS", "")
ALIGNMENT = "<>>>>>>>><"
INDENT = "  "


@dataclass(frozen=True)
class Row:
    """`depth` counts from core; `cpu` is the share of a processor since the last look, `sessions` those it opened."""

    depth: int
    label: str
    ram: Amount | None
    caps: Amount | None
    cpu: float | None
    time: float | None
    sessions: int
    restarts: int
    trouble: str

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def rows(system: System, before: System | None = None, seconds: float = 0.0) -> list[Row]:
    """All components in the order of the tree. `before` is the system as it was so many seconds ago."""
    asked, denied = Counter[str](), Counter[str]()
    for session in system.sessions:
        (denied if session.link is Link.DENIED else asked)[session.client] += 1
    explained = {session.explanation for session in system.sessions}
    former = {box.label: box.cpu for box, _ in _walk(before.root)} if before is not None else {}
    made = []
    for box, depth in _walk(system.root):
        cpu, earlier = None, former.get(box.label)
        if box.cpu is not None and earlier is not None and seconds > 0:
            cpu = max(0.0, box.cpu - earlier) / seconds * 100       # a successor of the same label begins anew
        trouble = [*([box.state] if box.state else ()), *(text for text in box.problems if text not in explained)]
        if number := denied[box.label]:
            trouble.append(f"{number} denied")
        made.append(Row(depth, box.label, box.ram, box.caps, cpu, box.cpu, asked[box.label], box.restarts,
                        ", ".join(trouble)))
    return made


ORDERS = {
    "t": ("tree", None),
    "c": ("CPU", lambda row: row.cpu or row.time or 0.0),
    "r": ("RAM", lambda row: (row.ram.used or 0) if row.ram else 0),
    "k": ("caps", lambda row: (row.caps.used or 0) if row.caps else 0),
    "n": ("sessions", lambda row: row.sessions),
    "x": ("restarts", lambda row: row.restarts),
}
"""By key: what rows can be sorted by, the largest first. The tree keeps those together that belong together."""


def lines(found: Sequence[Row], order: str = "t") -> list[str]:
    """The table, its head first. Only in the tree, components are indented, and called by their own names."""
    key = ORDERS[order][1]
    chosen = found if key is None else sorted(found, key=key, reverse=True)
    return table([HEAD, *(_cells(row, tree=key is None) for row in chosen)], ALIGNMENT)


def _walk(root: Component, depth: int = 0) -> Iterator[tuple[Component, int]]:
    yield root, depth
    for child in root.children:
        yield from _walk(child, depth + 1)


def _cells(row: Row, tree: bool) -> tuple[str, ...]:
    name = INDENT * row.depth + row.label.rpartition(" -> ")[2] if tree else row.label
    ram, caps = row.ram or Amount(0), row.caps or Amount(0)
    return (visible(name),
            size(ram.used) if row.ram else UNKNOWN, size(ram.quota) if row.ram else UNKNOWN,
            str(caps.used or 0) if row.caps else UNKNOWN, str(caps.quota) if row.caps else UNKNOWN,
            UNKNOWN if row.cpu is None else f"{row.cpu:.1f}", UNKNOWN if row.time is None else f"{row.time:.2f}",
            str(row.sessions), str(row.restarts), visible(row.trouble))
