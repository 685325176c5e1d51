"""`bastide check`: each kind of mistake has a small scenario in `bad/`, with the findings in `expected` beside it."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from shutil import copytree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bastide.base.value import Bytes
from bastide.init.start import Quota
from bastide.tool.check import examination
from bastide.tool.check.command import main
from bastide.tool.check.examination import Result, examine
from bastide.tool.checkout import CHECKOUT
from bastide.tool.graph.code import Library
from bastide.tool.scenario import ScenarioError

BAD = Path(__file__).parent / "bad"
OURS = sorted((CHECKOUT / "scenarios").glob("*/runtime"))
EXAMPLES = int(os.environ.get("BASTIDE_EXAMPLES", "10"))
"""Scenarios with random edits: more of them in runs by hand."""

PLENTY = Quota(Bytes("64G"), 1_000_000)
LIBRARY = Library()


def examined(path: Path, host: Quota = PLENTY) -> Result:
    return examine(path, path.read_bytes(), host, LIBRARY)


@pytest.mark.parametrize("name", sorted(path.name for path in BAD.iterdir()))
def test_a_mistake_is_found_at_its_place(name: str) -> None:
    expected = (BAD / name / "expected").read_text()
    result = examined(BAD / name / "runtime")
    assert "".join(f"{finding}\n" for finding in result.findings).replace(f"{BAD}/{name}/", "") == expected
    assert result.summary == ""


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.parent.name)
def test_the_scenarios_that_come_along_are_clean(path: Path) -> None:
    result = examined(path)
    assert result.findings == ()
    assert result.summary


def test_a_clean_scenario_is_summed_up_in_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(CHECKOUT / "scenarios" / "panel")]) == 0
    out = re.sub(r"\b\d+ sessions", "N sessions", capsys.readouterr().out.removeprefix(f"{CHECKOUT}/"))
    assert out == ("scenarios/panel/runtime: clean: 7 children, 4 services, N sessions, 30M of 96M RAM and 1300 of "
                   "3000 caps given out; needs Timer from outside\n")


def test_a_rule_for_the_child_of_a_sequence_fits_what_that_asks_for(tmp_path: Path) -> None:
    text = (BAD / "sequence_without_what_a_child_asks_for" / "runtime").read_text()
    text = text.replace("+ binary hello_client", "+ binary rom_logger\n        + config | rom: weather")
    text = text.replace("+ rom hello_client", "+ rom rom_logger")
    rule = "      + service ROM | label_prefix: {} -> | + parent | label: init\n      + any-service | + parent\n"
    path = tmp_path / "runtime"
    for prefix, expected in (("second", []), ("third", ["no label fits the rule for ROM 'third ->*'"])):
        path.write_text(text.replace("      + any-service | + parent\n", rule.format(prefix)))
        found = [finding.what.partition(":")[0] for finding in examined(path).findings]
        assert [what for what in found if what.startswith("no label")] == expected


def test_so_many_rules_that_nobody_could_follow_them_are_told(tmp_path: Path) -> None:
    rules = "".join(f"      + service ROM | label: x{number} | + parent\n" for number in range(3000))
    text = (BAD / "route_to_no_child" / "runtime").read_text()
    path = tmp_path / "runtime"
    path.write_text(text.replace("      + service Hello", rules + "      + service Hello"))
    result = examined(path)
    assert [finding.what.partition(";")[0] for finding in result.findings] == [
        "there are too many rules for too many children to follow each session"]


def test_of_countless_mistakes_as_many_are_shown_as_somebody_may_read(tmp_path: Path) -> None:
    path = tmp_path / "runtime"
    starts = "".join(f'<start name="s{number}">\n</start>\n' for number in range(500))
    path.write_text(f'<runtime ram="64M" caps="1000" binary="init">\n<content><rom name="init"/></content>\n'
                    f'<config>\n{starts}</config>\n</runtime>\n')
    first, *shown = map(str, examined(path).findings)
    assert first == f"{path}:1:1: there may be more than these 1000 findings"
    assert len(shown) == 1000


def test_a_schema_that_is_too_large_is_told_and_the_rest_is_checked(tmp_path: Path) -> None:
    copytree(BAD / "config_of_one_s_own_component", tmp_path, dirs_exist_ok=True)
    schema = tmp_path / "components" / "mine" / "mine.hsd"
    schema.write_text(schema.read_text().replace("-\n", "+ node more\n" * 10_000 + "-\n"))
    assert f"{schema}:1:1: a schema has at most 64 KiB" in map(str, examined(tmp_path / "runtime").findings)


def test_a_scenario_that_can_not_be_planned_is_not_clean(monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(*arguments: object) -> None:
        raise ScenarioError("scenarios/hello/runtime: more than 20000 components")

    monkeypatch.setattr(examination, "Plan", endless)
    result = examined(CHECKOUT / "scenarios" / "hello" / "runtime")
    assert [finding.what.rpartition(": ")[2] for finding in result.findings] == ["more than 20000 components"]


def test_a_host_that_has_too_little_is_named() -> None:
    result = examined(CHECKOUT / "scenarios" / "hello" / "runtime", Quota(Bytes("16M"), 500))
    assert [(finding.line, finding.column, finding.what) for finding in result.findings] == [
        (1, 11, "the scenario is to have 64M of RAM, but this host has only 16M of RAM to give"),
        (1, 22, "the scenario is to have 1000 caps, but this host has only 500 caps to give")]


def test_several_scenarios_are_checked_one_after_the_other(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(BAD / "unknown_node"), str(CHECKOUT / "scenarios" / "log")]) == 1
    first, second = capsys.readouterr().out.splitlines()
    assert first.endswith("'start' has no node 'provide'; did you mean 'provides'?")
    assert second.endswith("scenarios/log/runtime: clean: test_log alone, with 16M RAM and 300 caps")


def test_what_can_not_be_read_is_another_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["no-such-scenario", str(BAD / "unknown_node")]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("bastide check: no scenario 'no-such-scenario'")
    assert captured.out.count("\n") == 1


def test_programs_get_one_object_per_scenario(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--json", str(BAD / "unknown_node"), str(CHECKOUT / "scenarios" / "log")]) == 1
    bad, clean = map(json.loads, capsys.readouterr().out.splitlines())
    assert bad["findings"] == [{"path": str(BAD / "unknown_node" / "runtime"), "line": 14, "column": 5,
                                "what": "'start' has no node 'provide'", "suggestion": "did you mean 'provides'?"}]
    assert clean["findings"] == [] and clean["summary"].startswith("test_log alone")


WORDS = st.sampled_from([
    "+ ", "x ", ": ", ". ", " | ", "-\n", "\n", "+ start ", "+ start a\n", "+ service ", "+ config", "+ binary init",
    "ram: -1", "ram: 99999999999999999999", "caps: ", "name: ", "+ route | + any-service | + any-child", "label: ->",
    "\0", "\u202e", "<config/>", "*", "  ", "after_seconds: nan", "+ rom ../x", "+ alias a | child: a",
    "+ heartbeat | rate_ms: 0",
])
EDITS = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 80), st.one_of(WORDS, st.just(""))), min_size=1, max_size=8)


@settings(max_examples=EXAMPLES)
@given(st.sampled_from(OURS), EDITS)
def test_any_text_is_answered_with_findings_in_it_or_a_summary(path: Path, edits: list[tuple[float, int, str]]) -> None:
    text = path.read_text()
    for where, removed, added in edits:
        at = int(where * len(text))
        text = text[:at] + added + text[at + removed:]
    result = examine(path, text.encode(), PLENTY, LIBRARY)
    assert bool(result.findings) != bool(result.summary)
    lines = text.count("\n") + 1
    assert all(1 <= finding.line <= lines and finding.column >= 1 and "\n" not in str(finding)
               for finding in result.findings)
