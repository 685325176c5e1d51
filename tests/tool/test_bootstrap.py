"""The script `bastide`, run in copies of the checkout: from anywhere, at first and at later use, without network."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bastide.tool.checkout import CHECKOUT, PACKAGE
from bastide.tool.main import VERSION

REAL_PYTHON = os.path.realpath(sys.executable)
MAKING = "bastide: making the environment "


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A checkout with what the command line alone needs."""
    root = tmp_path / "a checkout"
    (root / "src" / "bastide").mkdir(parents=True)
    shutil.copytree(PACKAGE / "tool", root / "src" / "bastide" / "tool", ignore=shutil.ignore_patterns("__pycache__"))
    (root / "src" / "bastide" / "__init__.py").touch()
    for name in ("bastide", "pyproject.toml"):
        shutil.copy(CHECKOUT / name, root / name)
    return root


def run(script: Path, *words: str, **changes: str | None) -> subprocess.CompletedProcess[str]:
    """Run the script with no environment but PATH, HOME and the interpreter of this test, and changes to that."""
    return subprocess.run([script, *words], env=environment(script.parent, changes), capture_output=True, text=True)


def environment(root: Path, changes: dict[str, str | None]) -> dict[str, str]:
    plain = {"PATH": "/usr/bin:/bin", "HOME": str(root), "BASTIDE_PYTHON": REAL_PYTHON, **changes}
    return {name: value for name, value in plain.items() if value is not None}


def test_the_first_use_makes_an_environment_and_later_ones_are_silent(copy: Path) -> None:
    first, second = run(copy / "bastide", "--version"), run(copy / "bastide", "--version")
    assert first.stdout == second.stdout == f"bastide {VERSION}\n"
    assert first.stderr.startswith(MAKING) and first.stderr.endswith("(once, without network)\n")
    assert second.stderr == ""
    assert os.path.realpath(copy / ".venv" / "bin" / "python") == REAL_PYTHON


def test_the_environment_makes_the_sources_importable(copy: Path) -> None:
    run(copy / "bastide", "--version")
    code = "import bastide.tool; print(bastide.tool.__file__)"
    result = subprocess.run([copy / ".venv" / "bin" / "python", "-I", "-c", code], capture_output=True, text=True)
    assert result.stdout.startswith(str(copy / "src"))


def test_it_works_from_another_folder_through_a_link_and_without_home(copy: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(copy / "bastide")
    (tmp_path / "bastide.py").write_text("raise SystemExit('the current folder was imported from')")
    result = subprocess.run(["../link", "--version"], cwd=copy, capture_output=True, text=True,
                            env=environment(copy, {"HOME": None}))
    assert (result.returncode, result.stdout) == (0, f"bastide {VERSION}\n")


def test_arguments_and_exit_codes_pass_unchanged(copy: Path) -> None:
    result = run(copy / "bastide", "tset", "a b", "*")
    assert result.returncode == 2
    assert result.stderr.endswith("bastide: there is no command 'tset'; did you mean 'test'?\n")


def test_two_instances_at_once_make_one_environment(copy: Path) -> None:
    both = [subprocess.Popen([copy / "bastide", "--version"], env=environment(copy, {}), text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]
    outputs = [process.communicate() for process in both]
    assert [output for output, _ in outputs] == 2 * [f"bastide {VERSION}\n"]
    assert sum(errors.count(MAKING) for _, errors in outputs) == 1
    assert not (copy / ".venv.lock").exists()


def test_the_lock_of_a_dead_instance_is_taken_over(copy: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    (copy / ".venv.lock").mkdir()
    (copy / ".venv.lock" / "pid").write_text(f"{dead.pid}\n")
    assert run(copy / "bastide", "--version").stdout == f"bastide {VERSION}\n"
    assert not (copy / ".venv.lock").exists()


def test_a_moved_checkout_uses_its_own_sources(copy: Path, tmp_path: Path) -> None:
    run(copy / "bastide", "--version")
    moved = copy.rename(tmp_path / "moved")
    main = moved / "src" / "bastide" / "tool" / "main.py"
    main.write_text(main.read_text().replace(f'VERSION = "{VERSION}"', 'VERSION = "moved"'))
    assert run(moved / "bastide", "--version").stdout == "bastide moved\n"


def test_an_environment_whose_interpreter_is_gone_is_made_anew(copy: Path) -> None:
    run(copy / "bastide", "--version")
    (copy / ".venv" / "bin" / "python").unlink()
    result = run(copy / "bastide", "--version")
    assert result.stdout == f"bastide {VERSION}\n"
    assert result.stderr.startswith(f"bastide: the interpreter of {copy}/.venv is gone: making the environment anew\n")


def test_where_no_environment_can_be_written_it_runs_directly(copy: Path) -> None:
    result = run(copy / "bastide", "--version", BASTIDE_VENV="/proc/nowhere/venv")
    assert (result.stdout, result.stderr) == (f"bastide {VERSION}\n", "")


@pytest.mark.parametrize("command", ["test", "lint"])
def test_development_without_an_environment_is_explained(copy: Path, command: str) -> None:
    result = run(copy / "bastide", command, BASTIDE_VENV="/proc/nowhere/venv")
    assert result.returncode == 2
    assert result.stderr == (
        "bastide: tests, linters and benchmarks need tools that are installed into the environment .venv, but this is "
        "an interpreter without one.\n"
        "What helps: a folder that can be written to, and on Debian or Ubuntu: apt install python3-venv\n")


def test_a_shim_is_replaced_by_the_interpreter_behind_it(copy: Path, tmp_path: Path) -> None:
    shim = executable(tmp_path / "shims" / "python3", f'exec "{REAL_PYTHON}" "$@"')
    run(copy / "bastide", "--version", BASTIDE_PYTHON=None, PATH=f"{shim.parent}:{tools(tmp_path / 'tools')}")
    assert os.path.realpath(copy / ".venv" / "bin" / "python") == REAL_PYTHON


def test_an_interpreter_of_pyenv_is_found_if_the_path_has_none(copy: Path, tmp_path: Path) -> None:
    versions = tmp_path / "pyenv" / "versions" / "3.12.1" / "bin"
    executable(versions / "python3", f'exec "{REAL_PYTHON}" "$@"')
    result = run(copy / "bastide", "--version", BASTIDE_PYTHON=None, PYENV_ROOT=str(tmp_path / "pyenv"),
                 PATH=str(tools(tmp_path / "bin")))
    assert result.stdout == f"bastide {VERSION}\n"


def test_an_old_interpreter_is_refused_with_what_was_found_and_what_helps(copy: Path, tmp_path: Path) -> None:
    executable(tools(tmp_path / "bin") / "python3", "echo 3.9 /usr/bin/python3")
    result = run(copy / "bastide", "--version", BASTIDE_PYTHON=None, HOME=None, PATH=str(tmp_path / "bin"))
    assert result.returncode == 2
    first, *help_lines = result.stderr.splitlines()
    assert first == "bastide: needs Python 3.11 or newer, but found python3 is 3.9; what helps:"
    assert help_lines[0] == "bastide:     apt install python3        (Debian 12, Ubuntu 23.04 and newer), or"


def test_no_interpreter_at_all_is_told(copy: Path, tmp_path: Path) -> None:
    result = run(copy / "bastide", "--version", BASTIDE_PYTHON=None, HOME=None, PATH=str(tools(tmp_path / "bin")))
    assert result.returncode == 2
    assert result.stderr.startswith("bastide: needs Python 3.11 or newer, but found no python3 at all; what helps:\n")


def test_a_chosen_interpreter_that_is_none_is_refused(copy: Path) -> None:
    result = run(copy / "bastide", "--version", BASTIDE_PYTHON="/bin/false")
    assert (result.returncode, result.stderr) == (
        2, "bastide: BASTIDE_PYTHON=/bin/false is no Python 3.11 or newer\n")


def executable(file: Path, body: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\n{body}\n")
    file.chmod(0o755)
    return file


def tools(folder: Path) -> Path:
    """A folder with the programs that the script calls, and no Python among them."""
    for name in ("mkdir", "rm", "mv", "sleep", "readlink"):
        path = shutil.which(name, path="/usr/bin:/bin")
        assert path is not None
        executable(folder / name, f'exec {path} "$@"')
    return folder
