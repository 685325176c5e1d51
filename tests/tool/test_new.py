"""What `new` begins runs, is tested, and is clean, as it is written."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bastide.tool.check.command import main as check
from bastide.tool.new import main

SECONDS = 120


def python(folder: Path, *arguments: str) -> str:
    """What a Python program prints in a folder; it has to succeed."""
    done = subprocess.run([sys.executable, *arguments], cwd=folder, capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_project_runs_is_tested_and_lints_clean(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["project", "town"]) == 0
    told = capsys.readouterr().out
    assert "  town/components/greeter/main.py\n" in told
    assert told.endswith("now try:\n  cd town\n  bastide run town\n  pytest\n")
    project = place / "town"
    assert "[init -> visitor] Hello, Ada!\n" in python(project, "-m", "bastide.tool.main", "run", "town")
    assert "2 passed" in python(project, "-m", "pytest")
    assert "2 passed" in python(project, "-m", "pytest", "--bastide-port", "linux")
    python(project, "-m", "ruff", "check", "--select", "E,F,I,B,UP,SIM", "--line-length", "120", ".")
    python(project, "-m", "mypy", "components", "tests")


def test_a_component_and_its_scenario_run_and_are_tested(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["component", "night-watch"]) == 0
    assert "  bastide new scenario night-watch-alone night-watch\n" in capsys.readouterr().out
    assert main(["scenario", "night-watch-alone", "night-watch"]) == 0
    shown = python(place, "-m", "bastide.tool.main", "run", "night-watch-alone")
    assert "[init -> night-watch] hello\n" in shown
    assert "2 passed" in python(place, "-m", "pytest", "-p", "bastide.testing.plugin", "--import-mode=importlib")
    python(place, "-m", "ruff", "check", "--select", "E,F,I,B,UP,SIM", "--line-length", "120", ".")


def test_a_scenario_starts_what_the_project_has(place: Path) -> None:
    main(["component", "one"])
    main(["component", "two"])
    assert main(["scenario", "both"]) == 0
    text = (place / "scenarios/both/runtime").read_text()
    assert "  + start one\n  + start two\n" in text


def test_a_scenario_grants_servers_what_they_announce_and_is_clean(
        place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    main(["project", "town"])
    monkeypatch.chdir(place / "town")
    assert main(["scenario", "both"]) == 0
    text = Path("scenarios/both/runtime").read_text()
    assert "  + start greeter\n    + provides | + service Greeting\n  + start visitor\n" in text
    capsys.readouterr()
    assert check(["town", "both"]) == 0
    assert capsys.readouterr().out.count("clean: 2 children, 1 service") == 2


def test_a_scenario_has_what_its_components_ask_of_the_outside(
        place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["component", "watch"])
    Path("components/watch/main.py").write_text(
        "from bastide.base import Env, milliseconds\nfrom bastide.session.timer import Timer\n\n\n"
        "def construct(env: Env) -> None:\n    Timer(env).once(milliseconds(1), lambda: env.log('one'))\n")
    assert main(["scenario", "night"]) == 0
    text = Path("scenarios/night/runtime").read_text()
    assert "+ requires | + timer\n" in text and "    + service Timer\n" in text
    capsys.readouterr()
    assert check(["night"]) == 0
    python(place, "-m", "bastide.tool.main", "run", "night")


def test_a_scenario_whose_component_fails_fails(place: Path) -> None:
    main(["component", "watch"])
    Path("components/watch/main.py").write_text("def construct(env: object) -> None:\n    print(1 / 0)\n")
    assert main(["scenario", "night"]) == 0
    done = subprocess.run([sys.executable, "-m", "bastide.tool.main", "run", "night"], capture_output=True, text=True,
                          timeout=SECONDS)
    assert done.returncode == 1
    assert "night: failed after " in done.stdout


def test_a_scenario_of_nothing_starts_what_comes_with_bastide(place: Path) -> None:
    assert main(["scenario", "first"]) == 0
    shown = python(place, "-m", "bastide.tool.main", "run", "first")
    assert "[init -> hello_client] 2 + 5 = 7\n" in shown


def test_nothing_is_written_over(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["component", "watch"]) == 0
    (place / "components/watch/main.py").write_text("mine")
    (place / "tests/test_watch.py").unlink()
    assert main(["component", "watch"]) == 2
    assert "components/watch/main.py exists already, and nothing is written over" in capsys.readouterr().err
    assert not (place / "tests/test_watch.py").exists()
    assert main(["project", "."]) == 2
    assert "the folder . is not empty" in capsys.readouterr().err


@pytest.mark.parametrize(("name", "reason"), [
    ("Watch", "expected up to 32 lower-case letters"), ("../up", "expected up to 32"), ("", "expected up to 32"),
    ("class", "expected up to 32"), ("json", "the name of a module of the standard library"), ("a" * 33, "up to 32")])
def test_names_that_nothing_can_have_are_refused(
        place: Path, capsys: pytest.CaptureFixture[str], name: str, reason: str) -> None:
    assert main(["component", name]) == 2
    assert reason in capsys.readouterr().err
    assert list(place.iterdir()) == []


def test_a_folder_that_cannot_be_written_to_is_told(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "components").write_text("a file")
    assert main(["component", "watch"]) == 1
    assert "components" in (told := capsys.readouterr().err)
    assert "can't be written" in told
