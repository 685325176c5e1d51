"""Installing what development needs: once, and with an explanation when it fails."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from bastide.tool.checkout import CHECKOUT
from bastide.tool.requirements import MissingRequirements, ensure, listed

PROJECT = '[project.optional-dependencies]\ndev = ["pytest>=8"]\n'


class Pip:
    """Stands for every program that `ensure` runs."""

    def __init__(self) -> None:
        self.commands: list[list[str]] = []
        self.code, self.stderr = 0, ""

    def __call__(self, command: list[str], **options: object) -> subprocess.CompletedProcess[str]:
        self.commands.append(command[1:])
        return subprocess.CompletedProcess(command, self.code, "", self.stderr)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "venv").mkdir()
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "venv"))
    file = tmp_path / "pyproject.toml"
    file.write_text(PROJECT)
    return file


@pytest.fixture
def pip(monkeypatch: pytest.MonkeyPatch) -> Pip:
    pip = Pip()
    monkeypatch.setattr(subprocess, "run", pip)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    return pip


def test_the_list_is_that_of_the_project() -> None:
    requirements = listed(CHECKOUT / "pyproject.toml")
    assert {"pytest", "llvmlite"} <= {requirement.partition(">")[0] for requirement in requirements}


def test_requirements_are_installed_once(project: Path, pip: Pip, capsys: pytest.CaptureFixture[str]) -> None:
    ensure(project)
    ensure(project)
    assert [command[-1] for command in pip.commands] == ["pytest>=8"]
    assert capsys.readouterr().err == f"bastide: installing into {sys.prefix} (once): pytest>=8\n"


def test_a_changed_project_is_installed_for_again(project: Path, pip: Pip) -> None:
    ensure(project)
    project.write_text(PROJECT.replace("8", "9"))
    ensure(project)
    assert [command[-1] for command in pip.commands] == ["pytest>=8", "pytest>=9"]


def test_a_failure_is_explained_and_tried_again(project: Path, pip: Pip) -> None:
    pip.code = 1
    with pytest.raises(MissingRequirements, match="What helps: a network connection, or a mirror"):
        ensure(project)
    pip.code = 0
    ensure(project)
    assert len(pip.commands) == 2


def test_a_python_without_pip_is_explained(project: Path, pip: Pip, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    pip.code, pip.stderr = 1, "Traceback\nNo module named ensurepip\n"
    with pytest.raises(MissingRequirements) as error:
        ensure(project)
    assert str(error.value) == ("bastide: this Python comes without pip: No module named ensurepip\n"
                                "What helps on Debian or Ubuntu: apt install python3-venv")


def test_an_interpreter_without_environment_is_refused(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "base_prefix", sys.prefix)
    with pytest.raises(MissingRequirements, match="apt install python3-venv"):
        ensure(project)
