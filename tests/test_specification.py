"""The specification is not ahead of its tests: every promise names who enforces it, and tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bastide.tool.checkout import CHECKOUT

TEXT = (CHECKOUT / "SPECIFICATION.md").read_text()
ENFORCERS = {"kernel", "core", "parent", "server", "tool", "zygote", "component", "program", "nobody"}

ROWS = [tuple(cell.strip() for cell in line.strip("|").split(" | "))
        for line in TEXT.partition("## Speed")[0].splitlines()
        if line.startswith("| ") and not line.startswith("| Promise ")]


def missing(reference: str, tests: Path) -> str:
    """What is wrong with `file::test`, or with a file or folder whose tests belong together; nothing if it exists."""
    file, _, name = reference.partition("::")
    path = tests / file
    if not (path.is_file() or (path.is_dir() and not name)):
        return f"there is no file {file}"
    if name and not re.search(rf"^def {re.escape(name)}\(", path.read_text(), re.MULTILINE):
        return f"there is no test {name} in {file}"
    return ""


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:60])
def test_a_promise_names_who_enforces_it_and_tests_that_exist(row: tuple[str, ...]) -> None:
    _promise, enforcers, tests = row
    named = re.split(r", | and ", re.sub(r"\(.*\)", "", enforcers))
    assert {name.split()[0].removesuffix("'s") for name in named if not name.startswith("by ")} <= ENFORCERS
    references = re.findall(r"`([^`]*)`", tests)
    assert references or tests == "*none yet*"
    assert [problem for reference in references if (problem := missing(reference, CHECKOUT / "tests"))] == []


def test_there_are_promises_to_look_at_and_each_is_made_once() -> None:
    assert len(ROWS) > 30
    promises = [row[0] for row in ROWS]
    assert sorted({promise for promise in promises if promises.count(promise) > 1}) == []


def test_a_test_that_does_not_exist_is_noticed() -> None:
    here = Path(__file__).name
    assert missing(f"{here}::test_there_are_promises_to_look_at_and_each_is_made_once", Path(__file__).parent) == ""
    assert missing(f"{here}::test_that_nobody_wrote", Path(__file__).parent) == (
        f"there is no test test_that_nobody_wrote in {here}")
    assert missing("nowhere.py::test", Path(__file__).parent) == "there is no file nowhere.py"
