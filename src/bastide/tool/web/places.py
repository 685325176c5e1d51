"""Places in a config: where the start nodes are that the page shows, and where something is wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import zip_longest

from bastide.base.errors import InvalidNode
from bastide.base.label import SEPARATOR
from bastide.base.node import Node

_ORIGIN = re.compile(r"config:(\d{1,9})(?::(\d{1,9}))?: ")


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a config. Line and column count from 1; a line of 0: it concerns no place."""

    line: int
    column: int
    message: str


def findings(text: str) -> list[Finding]:
    """What a refusal says, line by line."""
    return [_finding(line) for line in text.splitlines()]


def start_nodes(text: str, top: str) -> dict[str, tuple[int, int]]:
    """First and last line of each component's start node, by label, however deep configs are nested.

    `top` is the label of the component that the config is for.
    """
    try:
        config = Node.parse(text)
    except InvalidNode:
        return {}
    end = text.rstrip().removesuffix("\n-").count("\n") + 1
    found = {top: (1, end)}
    _collect(config, top, end, found)
    return found


def _finding(line: str) -> Finding:
    match = _ORIGIN.match(line)
    return Finding(int(match[1]), int(match[2] or 1), line[match.end():]) if match else Finding(0, 0, line)


def _collect(config: Node, label: str, end: int, found: dict[str, tuple[int, int]]) -> None:
    for node, following in zip_longest(config.children, config.children[1:]):
        name = node.attribute("name", "")
        if node.type == "start" and name:
            last = end if following is None else _line(following) - 1
            path = label + SEPARATOR + name
            found[path] = _line(node), last
            if (inner := node.sub_node("config")) is not None:
                _collect(inner, path, last, found)


def _line(node: Node) -> int:
    """From `node:LINE:COLUMN`."""
    return int(node.place.split(":")[-2])
