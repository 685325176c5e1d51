"""What a shell offers after `bastide`."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from bastide.tool.checkout import CHECKOUT
from bastide.tool.completion import SCRIPTS, candidates, main
from bastide.tool.main import COMMANDS


@pytest.mark.parametrize(("words", "expected"), [
    (["r"], ["replay", "route", "run"]),
    (["route", "he"], ["hello"]),
    (["run", "he"], ["hello"]),
    (["run", "hello", "--r"], ["--ram", "--record"]),
    (["run", "hello", "--profile", ""], ["default", "native"]),
    (["run", "--json", "--j"], []),
    (["new", ""], ["--help", "component", "project", "scenario"]),
    (["doctor", "-"], ["--help", "--json"]),
    (["bench", "spa"], ["spawn"]),
    (["completion", "z"], ["zsh"]),
    (["nothing", ""], []),
])
def test_words_are_completed(words: list[str], expected: list[str]) -> None:
    assert candidates(words) == expected


def test_without_a_word_all_commands_are_offered() -> None:
    assert {command.name for command in COMMANDS} <= set(candidates([""]))


def test_a_shell_that_is_not_known_is_told_those_that_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tcsh"]) == 2
    assert "bash | zsh | fish" in capsys.readouterr().err


@pytest.mark.parametrize("shell", SCRIPTS)
def test_a_script_is_printed_for_each_shell(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([shell]) == 0
    assert capsys.readouterr().out == SCRIPTS[shell]


def test_bash_completes_with_the_script() -> None:
    bash = shutil.which("bash")
    assert bash is not None, "the scripts of this project need bash"
    script = (f"{SCRIPTS['bash']}\nCOMP_WORDS=(bastide run hel); COMP_CWORD=2\n"
              f"_bastide {CHECKOUT / 'bastide'} hel run\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"\n")
    done = subprocess.run([bash, "--norc", "-c", script], capture_output=True, text=True, timeout=60, cwd=Path("/"))
    assert done.stdout == "hello\n", done.stderr
