"""What a component shares with others: found by its imports, packed into each binary, and nothing else with it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bastide.base.binary import open_binary
from bastide.tool.pack import pack


@pytest.fixture
def town(tmp_path: Path) -> Path:
    """A folder `components` with two components and three modules beside them."""
    components = tmp_path / "components"
    write(components / "words.py", "from components.letters import HELLO\n")
    write(components / "letters.py", "HELLO = 'hello'\n")
    write(components / "unused.py", "raise SystemExit\n")
    write(components / "greeter" / "main.py",
          "from components.words import HELLO\ndef construct(env):\n    env.log(HELLO)\n    env.exit()\n")
    write(components / "visitor" / "main.py", "from components import greeter\n")
    return components


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def modules(component: Path) -> set[str]:
    return set(open_binary(memoryview(pack(component, "components")), "it").modules) - {
        f"components.{component.name}", f"components.{component.name}.main"}


def test_modules_beside_a_component_are_packed_if_they_are_imported(town: Path) -> None:
    assert modules(town / "greeter") == {"components.words", "components.letters"}


@pytest.mark.parametrize("line", [
    "import components.words", "import components.words as w", "from components import words", "from .. import words",
    "from ..words import HELLO", "def late():\n    from components.words import HELLO"])
def test_all_ways_to_import_are_seen(town: Path, line: str) -> None:
    write(town / "greeter" / "main.py", line + "\n")
    assert modules(town / "greeter") == {"components.words", "components.letters"}


def test_another_component_is_nothing_to_be_shared(town: Path) -> None:
    assert modules(town / "visitor") == set()


def test_a_component_runs_with_what_it_shares(town: Path) -> None:
    scenario = town.parent / "runtime"
    write(scenario, "runtime | ram: 8M | caps: 200 | binary: greeter\n"
                    "+ succeed\n  : hello\n+ fail | after_seconds: 20\n-\n")
    done = subprocess.run([sys.executable, "-m", "bastide.tool.main", "run", str(scenario)], capture_output=True,
                          text=True, timeout=60)
    assert (done.returncode, "[init] hello\n" in done.stdout) == (0, True), done.stdout + done.stderr
