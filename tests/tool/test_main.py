"""The command line: help, names, exit codes."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from time import thread_time
from types import SimpleNamespace
from typing import TextIO

import pytest

from bastide.tool import main as command_line
from bastide.tool.checkout import CHECKOUT
from bastide.tool.main import COMMANDS, Command, help_text, main
from bastide.tool.suggestion import closest, suggestion


def test_help_fits_one_screen_and_has_an_example_for_each_command() -> None:
    lines = help_text().splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 100
    for command in COMMANDS:
        assert any(line.split()[:1] == [command.name] and command.summary in line
                   and line.endswith(f" $ {command.example}") for line in lines)
        assert command.example.startswith(f"bastide {command.name}")


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["help"]])
def test_help_is_an_answer_on_stdout(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 0
    assert capsys.readouterr().out == help_text()


def test_no_command_is_wrong_usage_and_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert capsys.readouterr() == ("", help_text())


def test_an_unknown_command_is_met_with_the_closest_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rnu", "hello"]) == 2
    assert capsys.readouterr().err == "bastide: there is no command 'rnu'; did you mean 'run'?\n"


def test_a_command_unlike_any_other_is_met_with_where_the_list_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--frobnicate"]) == 2
    assert capsys.readouterr().err == (
        "bastide: there is no option '--frobnicate'; 'bastide --help' shows all commands\n")


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"bastide {command_line.VERSION}\n"


def test_the_version_of_the_package_is_that_of_the_command() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())
    assert project["project"]["dynamic"] == ["version"]
    assert project["tool"]["hatch"]["version"]["path"] == "src/bastide/tool/main.py"


def test_a_command_gets_the_further_arguments_and_decides_the_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[list[str]] = []

    def run(arguments: list[str]) -> int:
        given.append(arguments)
        return 3

    monkeypatch.setitem(sys.modules, "fake_command", SimpleNamespace(run=run))
    monkeypatch.setattr(command_line, "COMMANDS", (Command("fake", "fake_command:run", "", ""),))
    assert main(["fake", "a", "--b"]) == 3
    assert given == [["a", "--b"]]


def test_an_interruption_has_its_own_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(arguments: list[str]) -> int:
        raise KeyboardInterrupt

    monkeypatch.setitem(sys.modules, "fake_command", SimpleNamespace(run=interrupted))
    monkeypatch.setattr(command_line, "COMMANDS", (Command("fake", "fake_command:run", "", ""),))
    assert main(["fake"]) == 130


def test_help_imports_no_other_part_of_bastide() -> None:
    code = ("import sys, bastide.tool.main as m; m.main(['--help']); "
            "print([n for n in sys.modules if n.startswith('bastide.')])")
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment())
    assert result.stdout.endswith("['bastide.tool', 'bastide.tool.main']\n")


@pytest.mark.parametrize("words", [["run", "--help"], ["run", "--nonsense"], ["doctor", "--help"], ["new", "--help"],
                                   ["route", "--help"], ["graph", "--help"]])
def test_help_and_mistakes_of_a_command_are_answered_without_the_framework(words: list[str]) -> None:
    code = (f"import sys, bastide.tool.main as m\ntry:\n    m.main({words})\nexcept SystemExit:\n    pass\n"
            "print([n for n in sys.modules if n.startswith(('bastide.core', 'bastide.kernel', 'bastide.session'))])")
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment())
    assert result.stdout.endswith("[]\n")


def test_a_reader_who_has_seen_enough_of_the_help_causes_no_traceback() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    result = subprocess.run([sys.executable, "-m", "bastide.tool.main", "--help"], stdout=writer,
                            stderr=subprocess.PIPE, env=environment())
    os.close(writer)
    assert (result.returncode, result.stderr) == (0, b"")


def test_names_that_are_far_too_long_are_compared_quickly() -> None:
    assert closest("x" * 1_000_000, ["hello", "y" * 1_000_000]) is None


def test_a_name_is_found_in_a_crowd_without_being_compared_with_all() -> None:
    def cost(size: int) -> float:
        crowd = [f"component-{number}-of-many" for number in range(size)]
        begin = thread_time()
        assert closest("component-77-of-mani", crowd) == "component-77-of-many"
        return thread_time() - begin

    assert min(cost(10_000) for _ in range(3)) < 20 * min(cost(100) for _ in range(3))


def test_a_suggestion_is_the_closest_name_or_the_few_there_are() -> None:
    assert suggestion("tmer", ["timer", "rom"]) == "; did you mean 'timer'?"
    assert suggestion("zzz", ["timer", "rom"]) == "; known: rom, timer"
    assert suggestion("zzz", map(str, range(99))) == ""


def environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(CHECKOUT / "src")}


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["doctor"], ["run", "--help"]])
def test_a_full_disk_is_told_in_one_line(words: list[str]) -> None:
    with open("/dev/full", "w") as full:
        done = _command(words, stdout=full)
    assert (done.returncode, done.stderr) == (1, "bastide: the output can't be written: No space left on device\n")


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["run", "--help"]])
def test_a_closed_stdout_is_no_error(words: list[str]) -> None:
    command = ["sh", "-c", 'exec "$0" "$@" >&-', sys.executable, "-m", "bastide.tool.main", *words]
    done = subprocess.run(command, cwd=CHECKOUT / "src", stderr=subprocess.PIPE, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_an_older_python_is_told_what_is_needed(monkeypatch: pytest.MonkeyPatch,
                                                capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 13))
    monkeypatch.setattr(sys, "version", "3.10.13 (main)")
    assert main(["--help"]) == 2
    assert capsys.readouterr().err == f"bastide: needs Python 3.11 or newer, and {sys.executable} is 3.10.13\n"


def _command(words: list[str], stdout: TextIO) -> subprocess.CompletedProcess[str]:
    # argparse keeps to itself what it cannot write, so what it leaves in the buffer has to fail later
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return subprocess.run([sys.executable, "-m", "bastide.tool.main", *words], cwd=CHECKOUT / "src", env=buffered,
                          stdout=stdout, stderr=subprocess.PIPE, text=True)
