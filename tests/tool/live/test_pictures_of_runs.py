"""The commands that show plans show runs as well."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from tool.live.started import Started

from bastide.tool.graph import command as graph
from bastide.tool.route import command as route


def test_the_sessions_of_a_run_are_shown_and_what_was_denied(town: Started, capfd: pytest.CaptureFixture[str]) -> None:
    assert route.main(["--live", "town", "speaker"]) == 0
    out = capfd.readouterr().out
    assert out.startswith("speaker\n  ✓ PD, CPU, LOG") and 'ROM "config"' in out
    assert route.main(["--live", str(town.process.pid), "nested -> speaker", "--json"]) == 0
    found = json.loads(capfd.readouterr().out)
    assert {session["client"] for session in found["sessions"]} == {"init -> nested -> speaker"}
    assert route.main(["--live", "town", "speeker"]) == 2
    assert "'town' has no component 'speeker'; did you mean 'speaker'?" in capfd.readouterr().err


def test_a_run_is_drawn(town: Started, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert graph.main(["--live"]) == 0
    assert [line for line in capfd.readouterr().out.splitlines() if "nested" in line] != []
    assert graph.main(["--live", "town", "-o", str(tmp_path / "a.svg")]) == 0
    labels = {element.get("data-label") for element in ElementTree.parse(tmp_path / "a.svg").iter()}
    assert {"core", "init", "init -> speaker", "init -> nested -> speaker"} <= labels


@pytest.mark.parametrize("main", [graph.main, route.main])
def test_without_a_name_a_run_or_a_scenario_is_asked_for(
        main: Callable[[list[str]], int], capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["--live"]) == 2
    assert "nothing runs; 'bastide run NAME' starts something" in capfd.readouterr().err
    with pytest.raises(SystemExit) as stopped:
        main([])
    assert stopped.value.code == 2 and "which scenario?" in capfd.readouterr().err
