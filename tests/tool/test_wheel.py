"""Bastide as a package: built, installed in an empty environment, and run from there."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from bastide.tool.checkout import CHECKOUT

SECONDS = 200
ALONE = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
"""Without the checkout, which tests run with: the package is to stand by itself."""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of an environment that has the wheel, pytest of this one, and nothing else."""
    place = tmp_path_factory.mktemp("wheel")
    checked([sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(place), str(CHECKOUT)])
    wheel, = place.glob("bastide-*.whl")
    venv.create(place / "venv", with_pip=True, symlinks=True)
    programs = place / "venv" / "bin"
    checked([str(programs / "python"), "-m", "pip", "install", "--quiet", "--no-index", str(wheel)])
    return programs


def checked(command: list[str], folder: Path | None = None) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, cwd=folder, env=ALONE)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_an_installed_package_runs_hello(installed: Path, tmp_path: Path) -> None:
    shown = checked([str(installed / "bastide"), "run", "hello"], tmp_path)
    assert "[init -> hello_client] 2 + 5 = 7\n" in shown


def test_a_project_outside_runs_with_the_package_alone(installed: Path, tmp_path: Path) -> None:
    checked([str(installed / "bastide"), "new", "project", "town"], tmp_path)
    shown = checked([str(installed / "bastide"), "run", "town"], tmp_path / "town")
    assert "[init -> visitor] Hello, Ada!\n" in shown


def test_what_needs_a_checkout_says_so(installed: Path, tmp_path: Path) -> None:
    for command in ("test", "lint", "bench"):
        done = subprocess.run([str(installed / "bastide"), command], capture_output=True, text=True, timeout=SECONDS,
                              cwd=tmp_path, env=ALONE)
        assert done.returncode == 2
        assert "this works in a checkout of Bastide, and here it is installed as a package" in done.stderr
