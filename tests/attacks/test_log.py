"""Forged lines in the log: whatever a component writes, each line of the log begins with its own name, or a part of it.

The same bytes, printed as they are, do forge lines and drive terminals.
"""

from __future__ import annotations

import os

import pytest
from attacks.modes import modes
from booted import Booted
from components.attacker.forgery import FORGED, FORGERIES
from ports import complaints

from bastide.tool.log import Form, LogOutput

pytestmark = pytest.mark.parametrize("fortress", modes("everything", ordinary=("seccomp alone", )), indirect=True)


def shown(lines: list[tuple[str, str]]) -> list[str]:
    """What somebody gets to see who reads lines with these labels in the log."""
    read, written = os.pipe()
    output = LogOutput(written, Form.PLAIN)
    for label, text in lines:
        output.line(label, text)
    output.close()
    os.close(written)
    with os.fdopen(read, "rb") as log:
        return log.read().decode().splitlines()


@pytest.mark.parametrize("attack", ["forges_lines", "forges_labels"])
def test_no_line_is_taken_for_that_of_another_one(fortress: Booted, attack: str) -> None:
    attacker = fortress.start("attacker", attack)
    fortress.wait(lambda: attacker.saw("done"))
    lines = shown([line for line in fortress.heard if line[0].startswith(attack)])
    assert any(FORGED in line or "under another name" in line for line in lines)
    assert [line for line in lines if not line.startswith(f"[{attack}") or not line.isprintable()] == []


def test_last_words_are_nobodys_and_escaped(fortress: Booted) -> None:
    before = len(complaints.lines)
    attacker = fortress.start("attacker", "forges_errors")
    fortress.wait(lambda: attacker.saw("done"))
    lines = shown([("stderr", line) for line in complaints.since(before, "the end")])
    assert any(FORGED in line for line in lines)
    assert [line for line in lines if not line.startswith("[stderr] ") or not line.isprintable()] == []


def test_the_same_bytes_forge_lines_where_nobody_looks_at_them(fortress: Booted) -> None:
    raw = "\n".join(f"[attacker] {text}" for text in FORGERIES)
    assert raw.splitlines().count(FORGED) >= 5
    assert not raw.replace("\n", "").isprintable()
