"""What belongs to every component: a README, and a schema that knows its examples."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bastide.base import Node
from bastide.tool.checkout import PACKAGE
from bastide.tool.schema import Schema

COMPONENTS = {"init": PACKAGE / "init"} | {
    folder.parent.name: folder.parent
    for kind in ("app", "server", "driver") for folder in sorted((PACKAGE / kind).glob("*/main.py"))}


def schema_of(name: str) -> Schema:
    path = COMPONENTS[name] / f"{COMPONENTS[name].name}.hsd"
    return Schema(Node.parse(path.read_text(), str(path), strict=True))


def examples(readme: Path) -> Iterator[Node]:
    for number, text in enumerate(re.findall(r"^```\n(config.*?)^```", readme.read_text(), re.DOTALL | re.MULTILINE)):
        yield Node.parse(text, f"{readme}, example {number + 1}", strict=True)


@pytest.mark.parametrize("name", COMPONENTS)
def test_a_component_has_a_readme_whose_examples_fit_its_schema(name: str) -> None:
    readme = COMPONENTS[name] / "README.md"
    title = readme.read_text().partition("\n")[0]
    assert title.removeprefix("# ").replace("-", "_") == name
    for example in examples(readme):
        assert list(schema_of(name).check(example)) == []


@pytest.mark.parametrize("name", COMPONENTS)
def test_a_component_has_a_schema_which_is_well_formed_and_refuses_what_it_does_not_mention(name: str) -> None:
    schema = schema_of(name)
    assert schema.flaws == []
    assert schema.name == "config"
    surprise = Node.parse("config | surprise: yes\n-", "here")
    assert [finding.attribute for finding in schema.check(surprise)].count("surprise") == 1
