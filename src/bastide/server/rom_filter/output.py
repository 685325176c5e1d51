"""What a filter makes of its inputs: pure functions of config and nodes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from bastide.base import Generator, InvalidNode, Node


@dataclass(frozen=True)
class Selection:
    """What an input shows at the moment: a node, and the value of an attribute of it. None: there is no such thing."""

    node: Node | None = None
    value: str | None = None


_TYPES = {"output": "node", "node": "type"}
_REFERENCES = {"attribute": "input", "has_value": "input", "input": "name"}

Selections = Mapping[str, Selection]
"""By the name of the input."""


def select(input: Node, content: Node) -> Selection:
    """What the `input` node of the config takes from the content of its ROM."""
    found: Node | None = content if content.type == input.attributes.get("node", input.name) else None
    value = None
    for step in _steps(input):
        if found is None:
            break
        if step.type == "attribute":
            value = found.attributes.get(step.name)
            break
        found = next((node for node in found.sub_nodes(step.attributes["type"]) if _fits(step, node)), None)
    return Selection(found, input.attributes.get("default") if value is None else value)


def check_input(input: Node) -> None:
    """Raises InvalidNode if an `input` node is not as it must be."""
    for step in _steps(input):
        step.required("name" if step.type == "attribute" else "type", str)


def check(part: Node, inputs: Collection[str]) -> None:
    """Raises InvalidNode if a part of the `output` node, whether it is used now or not, is not as it must be."""
    if part.type in _TYPES:
        Generator(part.required(_TYPES[part.type], str))
    elif part.type == "attribute":
        Generator("node").attribute(part.required("name", str), "")
    elif part.type == "input":
        part.attribute("skip_toplevel", False)
    reference = _REFERENCES.get(part.type)
    if reference is not None and (reference in part.attributes or part.type != "attribute"):
        name = part.required(reference, str)
        if name not in inputs:
            raise InvalidNode(f"{part.place}: there is no input '{name}', but {', '.join(sorted(inputs)) or 'none'}")
    if part.type != "inline":
        for inner in part.sub_nodes():
            check(inner, inputs)


def generate(output: Node, selections: Selections) -> Node:
    """The node that the `output` node of the config describes, which was checked."""
    result = Generator(output.attributes["node"])
    _fill(result, output, selections)
    return result.build()


def _steps(input: Node) -> Iterator[Node]:
    """The way to a value. Its steps stand one behind the other, or each in the one before."""
    for step in input.sub_nodes("node", "attribute"):
        yield step
        yield from _steps(step)


def _fits(step: Node, node: Node) -> bool:
    attribute = step.attributes.get("attribute")
    return attribute is None or node.attributes.get(attribute) == step.attributes.get("value", "")


def _fill(result: Generator, template: Node, selections: Selections) -> None:
    for part in template.sub_nodes():
        if part.type == "inline":
            _copy_content(result, part)
        elif part.type == "if":
            branch = part.sub_node("then" if _holds(part, selections) else "else")
            if branch is not None:
                _fill(result, branch, selections)
        elif part.type == "attribute":
            source = part.attributes.get("input")
            value = part.attributes.get("value", "") if source is None else selections[source].value
            if value is not None:
                result.attribute(part.name, value)
        elif part.type == "node":
            _fill(result.node(part.attributes["type"]), part, selections)
        elif part.type == "input":
            node = selections[part.name].node
            if node is not None and part.attribute("skip_toplevel", False):
                _copy_content(result, node)
            elif node is not None:
                result.copy(node)


def _copy_content(result: Generator, node: Node) -> None:
    for child in node.sub_nodes():
        result.copy(child)
    result.text(node.text)


def _holds(condition: Node, selections: Selections) -> bool:
    tests = [test.attributes.get("value", "") == selections[test.attributes["input"]].value
             for test in condition.sub_nodes("has_value")]
    return bool(tests) and all(tests)

