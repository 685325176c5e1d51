"""Systems as SVG, as source for Graphviz, and as text."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tool.graph.systems import town

from bastide.tool.checkout import CHECKOUT
from bastide.tool.graph.arrows import picture
from bastide.tool.graph.command import main, written
from bastide.tool.graph.model import Component, Link, Session, System

SVG = "{http://www.w3.org/2000/svg}"


def system(name: str = "a", service: str = "Timer", server: str = "b") -> System:
    return System("small", Component("core", children=(Component(name, "app"), Component(server, "b"))), (
        Session(name, service, server), Session(name, "Nic", "", link=Link.DENIED, explanation="nobody provides it")))


def test_each_component_and_each_session_is_in_the_svg() -> None:
    shown = picture(town(20))
    root = ElementTree.fromstring(written(town(20), "svg"))
    labels = {group.get("data-label") for group in root.iter(f"{SVG}g")} - {None}
    assert labels == {"core", "init", *(f"init -> {child.name}" for child in shown.root.children[0].children),
                      *(part.label for child in shown.root.children[0].children for part in child.children)}
    ends = [(group.get("data-client"), group.get("data-server")) for group in root.iter(f"{SVG}g")
            if group.get("data-client")]
    assert sorted(ends, key=str) == sorted(((arrow.client, arrow.server) for arrow in shown.arrows), key=str)


@given(st.text(min_size=1, max_size=30), st.text(min_size=1, max_size=30))
@settings(max_examples=60)
def test_whatever_a_name_contains_the_svg_is_valid_and_shows_it(name: str, service: str) -> None:
    root = ElementTree.fromstring(written(system(f"x{name}", f"x{service}"), "svg"))
    texts = ["".join(text.itertext()) for kind in ("text", "title") for text in root.iter(f"{SVG}{kind}")]
    plain = "".join(char for char in name if char.isalnum())
    assert any(plain in "".join(char for char in text if char.isalnum()) for text in texts)
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {"svg", "g", "rect", "path", "text", "title"}


def test_what_was_denied_is_red_and_says_why() -> None:
    text = written(system(), "svg")
    assert "✕ Nic" in text and "nobody provides it" in text
    assert '#c81e1e"' in text


def test_the_same_system_gives_the_same_picture() -> None:
    code = ("import sys; sys.path.insert(0, 'tests'); from tool.graph.systems import town; "
            "from bastide.tool.graph.command import written; "
            "sys.stdout.write(''.join(written(town(20), form) for form in ('svg', 'dot', 'text', 'json')))")
    seen = {subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, cwd=CHECKOUT,
                           env=os.environ | {"PYTHONPATH": "src", "PYTHONHASHSEED": seed}).stdout
            for seed in ("1", "2")}
    assert len(seen) == 1


def test_graphviz_gets_clusters_and_labelled_edges() -> None:
    assert written(system('a"b\\'), "dot") == r'''digraph "small" {
  compound=true rankdir=TB
  node [shape=box style=rounded fontname="sans-serif"]
  edge [fontname="sans-serif"]
  subgraph cluster_n0 {
    label="core"
    n0 [shape=point style=invis]
    n1 [label="a\"b\\\napp"]
    n2 [label="b"]
  }
  n1 -> n2 [label="Timer"]
  denied1 [shape=plaintext label="✕" fontcolor=red]
  n1 -> denied1 [label="Nic" color=red fontcolor=red]
}
'''


def test_a_tree_shows_components_and_below_them_whom_they_ask() -> None:
    assert written(system(), "text") == """\
core
├─ a (app)
│       → Timer: b
│       ✗ Nic
└─ b
"""
    assert written(system(), "text", unicode=False).splitlines()[1:3] == ["|- a (app)", "|       > Timer: b"]


def test_a_tree_calls_neighbours_by_their_names_and_others_by_their_labels(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["panel"]) == 0
    lines = capsys.readouterr().out.splitlines()
    at = lines.index("      ├─ time_keeper")
    assert lines[at + 1:at + 4] == ["      │       → Rtc: rtc", "      │       → Timer: init -> timer",
                                    "      │       → Report: report_rom"]


def test_a_terminal_is_not_driven_by_names() -> None:
    assert "a\\x1b[2Jb" in written(system("a\x1b[2Jb"), "text")


def test_the_ending_of_a_file_says_its_format(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, begin in (("a.svg", "<svg "), ("a.dot", "digraph "), ("a.txt", "core\n"), ("a.json", '{"name"')):
        assert main(["log", "-o", str(tmp_path / name)]) == 0
        assert (tmp_path / name).read_text().startswith(begin)
    assert System.from_json(json.loads((tmp_path / "a.json").read_text())).name == "log"
    assert main(["log", "--svg", "-o", str(tmp_path / "a.picture")]) == 0
    assert main(["log", "-o", str(tmp_path / "a.png")]) == 2
    assert "the ending '.png' of" in capsys.readouterr().err
    assert main(["log", "-o", str(tmp_path / "nowhere" / "a.svg")]) == 2
    assert capsys.readouterr().err.endswith("a.svg: can't be written: No such file or directory\n")


def test_a_scenario_with_an_error_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["helo"]) == 2
    assert "did you mean 'hello'?" in capsys.readouterr().err


def test_the_picture_in_the_documentation_is_that_of_the_scenario(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["panel", "--svg"]) == 0
    assert capsys.readouterr().out == (CHECKOUT / "doc" / "panel.svg").read_text(encoding="utf-8")
