"""The examples in the documentation of bare: they compile, CPython imports them, and their mistakes are found."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bare.build import build
from bare.command import main
from bare.compiler.source import Rejected
from bare.compiler.symbols import LANGUAGE, UNSAFE
from bare.compiler.unit import compile_program
from bare.machine import missing_emulators, run
from bare.target import Target
from bare.testing import imported

DOC = Path(__file__).resolve().parents[2] / "doc"
PRELUDE = "\n".join([
    "from __future__ import annotations", "from collections.abc import Callable",
    "from typing import Annotated, Final, Generic, Literal, TypeVar",
    f"from bare import {', '.join(sorted(LANGUAGE))}", f"from bare.unsafe import {', '.join(sorted(UNSAFE))}", ""])


def examples(name: str) -> list[str]:
    """The indented blocks of a page, but those that are typed into a shell or show its output."""
    text = (DOC / name).read_text()
    blocks = re.findall(r"(?:^    .*\n(?:\n+(?=    ))?)+", text, re.MULTILINE)
    plain = [re.sub(r"^    ", "", block, flags=re.MULTILINE) for block in blocks]
    return [block for block in plain if not re.match(r"python |\./|pip |\S+\.py:\d|cpython:|hello", block)]


def test_the_examples_of_the_language_compile_or_say_what_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "program.py"
    good, mistakes = PRELUDE, 0
    for example in examples("bare.md"):
        wrong = re.findall(r"# error: (.*)", example)
        path.write_text(f"{good}\n{example}")
        if not wrong:
            good += f"\n{example}"
            compile_program(path, "host", roots=[])
            continue
        with pytest.raises(Rejected) as caught:
            compile_program(path, "host", roots=[])
        mistakes += 1
        lines = path.read_text().splitlines()
        assert [found.message for found in caught.value.diagnostics] == wrong
        assert all("# error: " in lines[found.line - 1] for found in caught.value.diagnostics)
    assert mistakes >= 5
    path.write_text(good)
    imported(path)


@pytest.fixture
def tutorial(tmp_path: Path) -> Path:
    """A folder with the files of the tutorial."""
    for block in examples("bare-tutorial.md"):
        name = re.match(r"# (\w+\.py)\n", block)
        if name is not None:
            (tmp_path / name[1]).write_text(block[name.end():])
    return tmp_path


def sessions() -> list[tuple[str, str]]:
    """The commands of the tutorial with what they print."""
    text = (DOC / "bare-tutorial.md").read_text()
    return [(command, re.sub("^    ", "", output, flags=re.MULTILINE)) for command, output in re.findall(
        r"^    python -m bare (.*)\n((?:    .*\n)*)", text, re.MULTILINE)]


@pytest.mark.parametrize("command", [command for command, _ in sessions()])
def test_a_command_of_the_tutorial_prints_what_it_shows(command: str, tutorial: Path,
                                                        capsys: pytest.CaptureFixture[str]) -> None:
    missing = [name for name in missing_emulators() if name in command.split()]
    if missing:
        pytest.skip(f"no emulator for {missing[0]}")
    verb, file, *options = command.split()
    assert main([verb, str(tutorial / file), *options]) == 0
    assert capsys.readouterr().out == dict(sessions())[command]


def test_the_mistake_of_the_tutorial_is_found(tutorial: Path) -> None:
    path = tutorial / "checksum.py"
    path.write_text(path.read_text().replace("low + u32(byte)", "low + byte"))
    with pytest.raises(Rejected) as caught:
        compile_program(path, "host", roots=[])
    text = (DOC / "bare-tutorial.md").read_text()
    shown = re.search(r"^    (checksum\.py:.*\n(?:        .*\n)*)", text, re.MULTILINE)
    assert shown is not None
    assert str(caught.value).splitlines() == [line.removeprefix("    ") for line in shown[1].splitlines()]


def test_the_trap_of_the_tutorial_names_its_line(tutorial: Path, machine: Target) -> None:
    result = run(build(tutorial / "wrong.py", machine), machine)
    text = (DOC / "bare-tutorial.md").read_text()
    assert result.output.splitlines()[0] == re.findall(r"^    (panic: .*)", text, re.MULTILINE)[0]
