"""What `bastide route` says about scenarios."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bastide.tool.checkout import CHECKOUT
from bastide.tool.graph.model import Component, Link, Session, System
from bastide.tool.route.command import main
from bastide.tool.route.rows import Row, system_rows, table, verdict

SCENARIO = """\
runtime | ram: 8M | caps: 500 | binary: init
+ content
  + rom init
  + rom app
+ config
  + parent-provides
    + service PD
    + service CPU
    + service LOG
    + service ROM
  + start app
    + route
{}
      + any-service | + parent
-
"""
SOURCE = """\
from bastide.base import Rom
from bastide.session.timer import Timer
def construct(env):
    if env.config.node.attributes:
        Rom(env, "extra")
    Timer(env)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "components" / "app").mkdir(parents=True)
    (tmp_path / "components" / "app" / "main.py").write_text(SOURCE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    return tmp_path


def route(folder: Path, rules: str, *options: str) -> int:
    (folder / "town").write_text(SCENARIO.format(rules))
    return main([str(folder / "town"), *options])


def test_each_session_is_shown_with_its_server_and_the_rule(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hello", "hello_client"]) == 0
    out = capsys.readouterr().out
    assert out.splitlines()[0] == "hello_client"
    assert "  ✓ PD, CPU, LOG, ROM  core          " in out
    assert "hello/runtime:31  + service Hello | + child hello_server\n" in out
    assert out.endswith("\nhello: all 5 sessions have a server\n")


def test_a_session_without_server_shows_the_rule_and_the_line_to_add(
        folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert route(folder, "      + service Timer | + child clock") == 1
    out = capsys.readouterr().out
    assert "  ✗ Timer              nobody  town:13  + service Timer | + child clock\n" in out
    assert '"app" asks for service "Timer" with label "app -> ": refused by rule town:13:7' in " ".join(out.split())
    assert 'there is no child "clock"; nobody provides "Timer": name it in parent-provides' in " ".join(out.split())
    assert "town: 6 of 8 sessions have a server, 1 may never be asked for\n" in out


def test_the_line_to_add_helps(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clock = ("      + any-service | + parent\n  + start clock\n    + provides | + service Timer\n"
             "    + route")
    assert route(folder, clock, "app") == 1
    assert "add `+ service Timer | + child clock` to the route of \"app\"" in " ".join(capsys.readouterr().out.split())
    assert route(folder, "      + service Timer | + child clock\n" + clock, "app") == 0


def test_what_is_asked_for_on_a_condition_is_told_and_no_failure(
        folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert route(folder, "      + service ROM | label: x | + parent") == 1
    lines = " ".join(capsys.readouterr().out.split())
    assert '? ROM "extra" nobody' in lines
    assert 'asked for on a condition, at components/app/main.py:5: there is no ROM module "extra"' in lines


def test_a_component_is_called_by_its_name_or_by_its_path_in_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("display", "panel -> display", "init -> panel -> display"):
        assert main(["panel", name]) == 0
        assert capsys.readouterr().out.startswith("display\n")


def test_an_unknown_component_is_met_with_the_closest_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["panel", "dsplay"]) == 2
    assert capsys.readouterr() == (
        "", "bastide route: 'panel' has no component 'dsplay'; did you mean 'display'?\n")


def test_a_scenario_with_an_error_is_wrong_usage(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "town").write_text("runtime | rum: 1M\n-\n")
    assert main([str(folder / "town")]) == 2
    assert capsys.readouterr().err.startswith(f"bastide route: {folder}/town:1:1: 'runtime' has no attribute 'rum'")


def test_programs_get_an_object(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert route(folder, "      + service Timer | + child clock", "--json") == 1
    found = json.loads(capsys.readouterr().out)
    [timer] = [session for session in found["sessions"] if session["service"] == "Timer"]
    assert (timer["client"], timer["server"], timer["good"], timer["link"]) == ("init -> app", "", False, "denied")
    assert timer["rule_at"] == f"{folder}/town:13:7"
    assert timer["asked_at"] == f"{folder}/components/app/main.py:6"


def test_a_terminal_that_knows_no_marks_gets_plain_letters() -> None:
    done = subprocess.run([sys.executable, "-m", "bastide.tool.main", "route", "hello", "timer"], capture_output=True,
                          env=os.environ | {"PYTHONPATH": str(CHECKOUT / "src"), "PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0, done.stderr
    assert b"  + PD, CPU, LOG, ROM       core" in done.stdout


def test_what_a_terminal_would_act_on_is_escaped() -> None:
    assert table([Row("a\x1b[2J", "S", "", "b", Link.PLANNED)], "") == "a\\x1b[2J\n  ✓ S  b"


def test_a_mistake_can_not_drive_the_terminal_either(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "town").write_text(SCENARIO.format("").replace("start app", "start app\x9b2J\u202e\n    + binary app"))
    assert main([str(folder / "town"), "ap"]) == 2
    assert capsys.readouterr().err == "bastide route: 'town' has no component 'ap'; known: app\\x9b2J\\u202e, init\n"


def test_any_picture_can_be_shown_as_rows() -> None:
    system = System("x", Component("core", children=(Component("init", children=(Component("init -> a"),)),)), (
        Session("init -> a", "Timer", "init -> timer", "a -> sleep", Link.OPEN),
        Session("init -> a", "Nic", "", "a -> ", Link.DENIED, explanation="nobody provides it")))
    rows = list(system_rows(system))
    assert table(rows, "init") == ('a\n  ✓ Timer "sleep"  timer\n  ✗ Nic            nobody\n'
                                   "      nobody provides it")
    assert verdict(rows) == "1 of 2 sessions have a server"
