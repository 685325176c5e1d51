"""Parsing of a configuration of 10,000 nodes in HID, against `json.loads` of the same tree."""

from __future__ import annotations

import gc
import json
from time import perf_counter
from typing import Any

from bastide.base.node import Generator, Node
from bench.harness.figure import Figure

STARTS = 1000           # each a node of ten with its content
ROUNDS = 15


def measure() -> tuple[Figure, ...]:
    """Single runs, of ours and of json's in turns, so that both see the same load of the machine."""
    tree = _tree(STARTS)
    text, document = str(tree), json.dumps(_nested(tree))
    samples, against = [], []
    for _ in range(ROUNDS):
        samples.append(_timed(Node.parse, text))
        against.append(_timed(json.loads, document))
    return (Figure("node", "ms", tuple(samples), 40, "json.loads of the same tree", tuple(against),
                   f"{10 * STARTS} nodes"),)


def _tree(starts: int) -> Node:
    """A configuration of init: ten nodes per start node, and the config itself."""
    config = Generator("config", verbose=True)
    for number in range(starts):
        start = config.node("start", name=f"component-{number}", caps=100 + number, ram=f"{number}M", version="1.2")
        start.node("binary", name=f"binary-{number % 10}")
        start.node("provides").node("service", name="Report")
        route = start.node("route")
        route.node("service", name="ROM", label="config").node("child", name=f"rom-{number % 7}", label="a -> b")
        route.node("any-service").node("parent")
        start.node("config", verbose=False, period_ms=number)
    return config.build()


def _nested(node: Node) -> dict[str, Any]:
    return {"type": node.type, "attributes": dict(node.attributes), "children": [_nested(n) for n in node.children]}


def _timed(function: Any, argument: str) -> float:
    gc.collect()
    begin = perf_counter()
    result = function(argument)
    duration = (perf_counter() - begin) * 1000
    del result
    return duration
