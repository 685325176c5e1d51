"""What belongs to every component: a README, and a schema that knows its examples and the scenarios that use it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from schemas import complaints, flaws

from bastide.base import Node
from bastide.tool.checkout import CHECKOUT, PACKAGE

COMPONENTS = {"init": PACKAGE / "init"} | {
    folder.parent.name: folder.parent
    for kind in ("app", "server", "driver") for folder in sorted((PACKAGE / kind).glob("*/main.py"))}
SCENARIOS = sorted((CHECKOUT / "scenarios").glob("*/runtime"))


@cache
def schema_of(name: str) -> Node | None:
    folder = COMPONENTS.get(name.replace("-", "_"))
    path = folder / f"{folder.name}.hsd" if folder else Path()
    return Node.parse(path.read_text(), str(path), strict=True) if path.is_file() else None


def examples(readme: Path) -> Iterator[Node]:
    for number, text in enumerate(re.findall(r"^```\n(config.*?)^```", readme.read_text(), re.DOTALL | re.MULTILINE)):
        yield Node.parse(text, f"{readme}, example {number + 1}", strict=True)


@pytest.mark.parametrize("name", COMPONENTS)
def test_a_component_has_a_readme_whose_examples_fit_its_schema(name: str) -> None:
    readme = COMPONENTS[name] / "README.md"
    title = readme.read_text().partition("\n")[0]
    assert title.removeprefix("# ").replace("-", "_") == name
    for example in examples(readme):
        schema = schema_of(name)
        assert schema is not None, f"{name} shows a config, but has no schema"
        assert list(complaints(example, schema)) == []


@pytest.mark.parametrize("name", [name for name in COMPONENTS if schema_of(name)])
def test_a_schema_is_well_formed(name: str) -> None:
    schema = schema_of(name)
    assert schema is not None and (schema.type, schema.name) == ("schema", "config")
    assert list(flaws(schema)) == []
    assert list(complaints(Node.parse("config | surprise: yes\n-"), schema)) != []


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.parent.name)
def test_the_configs_in_a_scenario_fit_the_schemas_of_their_components(path: Path) -> None:
    found: list[str] = []

    def look(start: Node) -> None:
        binary = start.sub_node("binary")
        config, schema = start.sub_node("config"), schema_of(binary.name if binary else start.name)
        if config and schema:
            found.extend(complaints(config, schema))
        for inner in config.sub_nodes("start") if config else ():
            look(inner)

    runtime = Node.parse(path.read_text(), str(path))
    look(Node("start", {"name": runtime.attributes["binary"]}, runtime.children))
    assert found == []
