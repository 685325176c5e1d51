"""Schemas (`.hsd`) of components: what they say about a config."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bastide.base import Node

VOCABULARY = {"schema": ("type", "attr", "node", "category", "quote", "anything"),
              "node": ("attr", "node", "category", "quote", "anything"),
              "category": ("attr", "node", "category", "quote", "anything"),
              "type": (), "attr": (), "quote": (), "anything": ()}


def flaws(schema: Node) -> Iterator[str]:
    """What is wrong with a schema itself."""
    for node in schema.sub_nodes():
        if node.type not in VOCABULARY[schema.type]:
            yield f"{node.place}: '{schema.type}' has no '{node.type}'"
        else:
            yield from flaws(node)


def complaints(config: Node, schema: Node) -> Iterator[str]:
    """What a schema has to say against a config."""
    yield from _complaints(config, _expanded(schema, schema), schema)


def _complaints(node: Node, rules: tuple[Node, ...], schema: Node) -> Iterator[str]:
    attributes = {rule.name: rule for rule in rules if rule.type == "attr"}
    nodes = {rule.name: rule for rule in rules if rule.type == "node"}
    kinds = {rule.type for rule in rules}
    if "anything" in kinds:
        return
    for name, value in node.attributes.items():
        if name not in attributes:
            yield f"{node.place}: '{node.type}' has no attribute '{name}'"
        else:
            kind = schema.sub_node("type", name=attributes[name].attributes["type"])
            if kind is None or re.fullmatch(kind.text, value) is None:
                yield f"{node.place}: attribute '{name}' of '{node.type}' can't be '{value}'"
    for name, rule in attributes.items():
        if "default" not in rule.attributes and name not in node.attributes:
            yield f"{node.place}: '{node.type}' lacks the attribute '{name}'"
    if node.text.strip() and "quote" not in kinds:
        yield f"{node.place}: '{node.type}' takes no text"
    for child in node.sub_nodes():
        if child.type in nodes:
            yield from _complaints(child, _expanded(nodes[child.type], schema), schema)
        else:
            yield f"{child.place}: '{node.type}' has no '{child.type}'"


def _expanded(rule: Node, schema: Node) -> tuple[Node, ...]:
    """The rules in a node, with those of the categories it names. A category at the top is a definition."""
    found: list[Node] = []
    for part in rule.sub_nodes():
        if part.type != "category":
            found.append(part)
        elif rule is not schema or not part.children:
            category = schema.sub_node("category", name=part.name)
            assert category is not None, f"{part.place}: no category '{part.name}'"
            found += _expanded(category, schema)
    return tuple(found)
