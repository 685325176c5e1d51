"""The commands `test`, `lint` and `bench`: what they run, and what they say when it fails."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from bastide.tool import development
from bastide.tool.checkout import CHECKOUT
from bastide.tool.development import bench, benchmarks, checks, lint
from bastide.tool.development import test as run_tests


class Programs:
    """Records the interpreter's arguments; those that contain `failing` fail."""

    failing = "nothing"

    def __init__(self) -> None:
        self.commands: list[list[str]] = []

    def __call__(self, command: list[str], **options: object) -> subprocess.CompletedProcess[str]:
        assert options["cwd"] == CHECKOUT
        self.commands.append(command[1:])
        return subprocess.CompletedProcess(command, 7 if any(self.failing in word for word in command) else 0)


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch) -> Programs:
    programs = Programs()
    monkeypatch.setattr(development, "ensure", lambda project: None)
    monkeypatch.setattr(subprocess, "run", programs)
    return programs


def test_options_go_to_pytest_and_paths_count_from_the_current_folder(
        programs: Programs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "test_x.py").touch()
    monkeypatch.chdir(tmp_path)
    assert run_tests(["test_x.py::test_y", "-k", "name"]) == 0
    assert programs.commands == [["-m", "pytest", f"{tmp_path}/test_x.py::test_y", "-k", "name"]]


def test_the_exit_code_of_the_tests_is_passed_on(programs: Programs) -> None:
    programs.failing = "pytest"
    assert run_tests([]) == 7


def test_all_checks_run_even_if_one_fails_and_the_failed_are_named(
        programs: Programs, capsys: pytest.CaptureFixture[str]) -> None:
    programs.failing = "ruff"
    assert lint([]) == 1
    assert len(programs.commands) == 3
    assert capsys.readouterr().out == ("lint: ruff ...\nlint: imports ...\nlint: mypy ...\n"
                                       "lint: ruff failed: '.venv/bin/ruff check --fix .' repairs most of it\n")


def test_single_checks_can_be_chosen(programs: Programs, capsys: pytest.CaptureFixture[str]) -> None:
    assert lint(["mypy"]) == 0
    assert capsys.readouterr().out == "lint: mypy ...\nlint: all fine (mypy)\n"


def test_an_unknown_check_is_met_with_the_closest_one(programs: Programs, capsys: pytest.CaptureFixture[str]) -> None:
    assert lint(["mipy"]) == 2
    assert capsys.readouterr().err == "bastide lint: there is no check 'mipy'; did you mean 'mypy'?\n"
    assert programs.commands == []


def test_types_are_checked_where_there_is_code(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.py").touch()
    (tmp_path / "bench").mkdir()
    assert checks(tmp_path)[-1].command == ("-m", "mypy", "src")


def test_benchmarks_are_listed_with_their_first_line(tmp_path: Path) -> None:
    (tmp_path / "rpc.py").write_text('"""Calls per second.\n\nMore.\n"""\n')
    (tmp_path / "rpc_cap.py").write_text('"""With a capability."""\n')
    (tmp_path / "__init__.py").touch()
    assert benchmarks(tmp_path) == {"rpc": "Calls per second.", "rpc-cap": "With a capability."}
    assert benchmarks(tmp_path / "absent") == {}


def test_the_help_tells_names_and_summaries_apart(
        monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(development, "benchmarks", lambda folder: {"rpc": "Calls.", "packet-stream": "Copies."})
    assert bench(["--help"]) == 0
    assert capsys.readouterr().out.splitlines()[2:] == ["  rpc            Calls.", "  packet-stream  Copies."]


def test_named_benchmarks_run(programs: Programs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(development, "benchmarks", lambda folder: {"node": "", "rpc": ""})
    assert bench(["rpc", "--json"]) == 0
    assert programs.commands == [["-m", "bench.harness", "--json", "rpc"]]


def test_without_a_name_all_benchmarks_run(programs: Programs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(development, "benchmarks", lambda folder: {"node": "", "rpc": ""})
    assert bench([]) == 0
    assert programs.commands == [["-m", "bench.harness", "node", "rpc"]]


def test_an_unknown_benchmark_is_met_with_the_closest_one(
        monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(development, "benchmarks", lambda folder: {"rpc": ""})
    assert bench(["rcp"]) == 2
    assert capsys.readouterr().err == "bastide bench: there is no benchmark 'rcp'; did you mean 'rpc'?\n"
