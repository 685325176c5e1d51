"""The commands and files of the tutorial, executed in their order: what it shows is what happens.

A block ```python PATH (or ```hid PATH) is a file. A block ```console has commands after `$ `, and below each of them
texts that its output contains, in this order.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bastide.tool.checkout import CHECKOUT
from bastide.tool.reference import page

DOC = CHECKOUT / "doc"
SECONDS = 120

PROGRAMS = {"bastide": [sys.executable, "-m", "bastide.tool.main"], "pytest": [sys.executable, "-m", "pytest"]}

_BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.DOTALL | re.MULTILINE)


class Reader:
    """Somebody who follows a text to the letter."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def follow(self, text: str) -> Iterator[str]:
        """Do everything; what was done comes out."""
        for kind, path, content in _BLOCK.findall(text):
            if path:
                (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
                (self.folder / path).write_text(content)
                yield path
            elif kind == "console":
                for command, expected in _commands(content):
                    self.do(command, expected)
                    yield command

    def do(self, command: str, expected: list[str]) -> None:
        program, *arguments = shlex.split(command)
        if program == "cd":
            self.folder = self.folder / arguments[0]
            return
        done = subprocess.run([*PROGRAMS[program], *arguments], cwd=self.folder, capture_output=True, text=True,
                              timeout=SECONDS, env={**os.environ, "COLUMNS": "120"})
        assert done.returncode == 0, done.stdout + done.stderr
        position = 0
        for line in expected:
            position = done.stdout.find(line, position)
            assert position >= 0, f"{command}: no '{line}' in\n{done.stdout}"
            position += len(line)


def _commands(block: str) -> Iterator[tuple[str, list[str]]]:
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, *expected = part.splitlines()
        yield command, expected


def test_the_tutorial_is_true(tmp_path: Path) -> None:
    done = list(Reader(tmp_path).follow((DOC / "tutorial.md").read_text()))
    assert "bastide run meadow" in done
    assert "tests/test_meadow.py" in done


@pytest.mark.parametrize("text", ["```console\n$ bastide --version\nno such thing\n```\n",
                                  "```console\n$ bastide nonsense\n```\n"])
def test_a_text_that_is_not_true_is_found_out(text: str, tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        list(Reader(tmp_path).follow(text))


@pytest.mark.parametrize("page", sorted(DOC.rglob("*.md")), ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text()):
        assert (page.parent / target).exists(), f"{page}: {target}"


def test_the_reference_is_what_the_readmes_say() -> None:
    assert (DOC / "reference.md").read_text() == page(), "python -m bastide.tool.reference > doc/reference.md"
