"""Conditions of a script on the state that an init reports."""

from __future__ import annotations

from collections.abc import Callable

from bastide.base import Bytes, Node

LONGEST_NAME, LONGEST_VALUE = 31, 63


def holds(condition: Node, state: Node, complain: Callable[[str], object]) -> bool:
    """Whether all sub nodes of `condition` hold for `state`."""
    return all(_KINDS[part.type](part, state, complain) for part in condition.sub_nodes() if part.type in _KINDS)


def _attribute(part: Node, state: Node, complain: Callable[[str], object]) -> bool:
    name = part.name[:LONGEST_NAME]
    if "value" in part.attributes:
        return state.attributes.get(name, "")[:LONGEST_VALUE] == part.attributes["value"][:LONGEST_VALUE]
    amount = state.value(name, Bytes(0))
    if "higher" in part.attributes:
        return amount > part.value("higher", Bytes(0))
    if "lower" in part.attributes:
        return amount < part.value("lower", Bytes(0))
    complain("missing condition in <attribute> node")
    return False


def _node(part: Node, state: Node, complain: Callable[[str], object]) -> bool:
    return any(holds(part, node, complain) for node in state.sub_nodes(part.name))


def _not(part: Node, state: Node, complain: Callable[[str], object]) -> bool:
    return not holds(part, state, complain)


_KINDS: dict[str, Callable[[Node, Node, Callable[[str], object]], bool]] = {
    "attribute": _attribute, "node": _node, "not": _not}
