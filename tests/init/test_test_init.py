"""Genode's own test of init, as we read its description: in both syntaxes, and with a slip of the pen that it contains.

The scenario as it is runs with all others, in `tests/test_scenarios.py`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from bastide.base import xml
from bastide.base.node import Node
from bastide.testing import Boot
from bastide.tool.checkout import CHECKOUT
from bastide.tool.criteria import Outcome

FOLDER = CHECKOUT / "scenarios" / "test-init"


def succeed(testbed: Boot, folder: Path, port: str) -> None:
    system = testbed(folder / "runtime", port=port)
    verdict = system.wait_for_verdict()
    assert verdict.outcome is Outcome.OK, (verdict, "\n".join(map(str, system.log)))
    assert system.trouble == []


def test_the_script_works_the_same_in_xml(tmp_path: Path, port: str, testbed: Boot) -> None:
    for name in ("runtime", "test-init.config"):
        text = xml.write(Node.parse((FOLDER / name).read_text(), name, strict=True))
        assert text.startswith("<")
        (tmp_path / name).write_text(text)
    succeed(testbed, tmp_path, port)


@pytest.mark.parametrize("configs", [(0,), (1,), (0, 1)])
def test_a_server_whose_rules_got_lost_keeps_sessions_and_number(
        tmp_path: Path, configs: tuple[int, ...], testbed: Boot) -> None:
    """A missing `|` makes a rule the name of its route. All numbers of children up to the end depend on it."""
    (tmp_path / "runtime").write_text((FOLDER / "runtime").read_text())
    head, title, tail = (FOLDER / "test-init.config").read_text().partition("string: changing route of indirect server")
    pieces = tail.split("+ init_config", 3)
    for number in configs:
        before = "  + start server | ram: 1M\n"
        start = pieces[1 + number].index(before)
        end = pieces[1 + number].index("  + start indirect_server")
        server = pieces[1 + number][start:end].replace("    + route\n      + any-service | + parent\n",
                                                       "    + route + any-service | + parent\n")
        pieces[1 + number] = pieces[1 + number][:start] + server + pieces[1 + number][end:]
    script = head + title + "+ init_config".join(pieces)
    assert script.count("+ route + any-service") == len(configs)
    (tmp_path / "test-init.config").write_text(script)
    succeed(testbed, tmp_path, "inprocess")
