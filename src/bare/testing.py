"""The tests of a program: its functions `test_*`, called under CPython, compiled for the host, and on the machines.

A test has no parameters, and fails if it traps. What a function gives or traps with is an `Outcome`, wherever it runs.
"""

from __future__ import annotations

import ast
import importlib.util
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from bare.compiler.unit import functions
from bare.trap import Kind, Trap


@dataclass(frozen=True)
class Outcome:
    """What a call came to: its number (none for None), or a kind of trap with its line in the program."""

    number: int | None = None
    trap: str = ""
    line: int = 0

    def __str__(self) -> str:
        return f"{self.trap} in line {self.line}" if self.trap else str(self.number)


def run_tests(path: Path, places: Iterable[str], show: Callable[[str], None] = print) -> int:
    """Call the tests in each place, show what happens, and count failures. Raises Rejected, or MissingEmulator."""
    names = functions(path, "test_")
    failures = 0
    for place in places:
        for name, outcome in zip(names, outcomes(path, names, place), strict=True):
            show(f"{place}: {name}: {outcome if outcome.trap else 'fine'}")
            failures += bool(outcome.trap)
    if not names:
        show(f"{path}: there is no function test_*")
    return failures


def outcomes(path: Path, names: Sequence[str], place: str, *, level: int = 2) -> list[Outcome]:
    """Call functions of a program, which have no parameters, one after the other: under "cpython", on the "host", or
    all in one boot of a target. Raises Rejected, or MissingEmulator."""
    if place == "cpython":
        return _under_cpython(path, names)
    if place == "host":
        return _on_host(path, names, level)
    return _on_machine(path, names, place, level)


def imported(path: Path) -> ModuleType:
    """A program as CPython sees it, fresh, for what ran before may have changed its globals."""
    name = f"bare_program_{path.stem}"
    specification = importlib.util.spec_from_file_location(name, path)
    assert specification is not None and specification.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(specification)
    folder = str(path.resolve().parent)
    sys.path.insert(0, folder)
    try:
        specification.loader.exec_module(module)
    finally:
        sys.path.remove(folder)
    return module


def attempt(module: ModuleType, function: Callable[..., Any], *arguments: Any) -> Outcome:
    """A call under CPython, whose assertions trap, too."""
    try:
        result = function(*arguments)
        return Outcome(None if result is None else int(result))
    except (Trap, AssertionError) as error:
        kind = error.kind if isinstance(error, Trap) else Kind.ASSERTION
        frames = traceback.extract_tb(error.__traceback__)
        lines = [frame.lineno for frame in frames if frame.filename == module.__file__]
        return Outcome(trap=kind.value, line=(lines[-1] if lines else 0) or 0)


def _under_cpython(path: Path, names: Sequence[str]) -> list[Outcome]:
    module = imported(path)
    return [attempt(module, getattr(module, name)) for name in names]


def _on_host(path: Path, names: Sequence[str], level: int) -> list[Outcome]:
    from bare.host import hosted
    program = hosted(path, names, level)
    return [attempt_hosted(program, name) for name in names]


def attempt_hosted(program: Any, name: str, *arguments: int) -> Outcome:
    """A call of a function that was compiled for the host."""
    try:
        return Outcome(program.call(name, *arguments))
    except Trap as trap:
        return Outcome(trap=trap.kind.value, line=trap.line)


def _on_machine(path: Path, names: Sequence[str], place: str, level: int) -> list[Outcome]:
    from bare.build import build
    from bare.machine import run
    from bare.target import TARGETS
    with tempfile.TemporaryDirectory(prefix="bare-") as folder:
        main = Path(folder) / "bare_tests.py"
        main.write_text(_harness(path.stem, names, _giving_numbers(path), place))
        image = build(main, TARGETS[place], level=level, folder=path.parent)
    result = run(image, TARGETS[place])
    found = [_reported(line) for line in result.output.splitlines() if line.startswith("bare ")]
    if len(found) != len(names):
        last = names[len(found)] if len(found) < len(names) else "an unknown one"
        raise RuntimeError(f"bare: the machine ended in {last}: {result.reason or result.status}; it said:\n"
                           f"{result.output[-2000:]}")
    return found


def _reported(line: str) -> Outcome:
    """`bare 5`, or `bare trap 12 overflow`."""
    words = line.split(maxsplit=3)
    if words[1] == "trap":
        return Outcome(trap=words[3], line=int(words[2]))
    return Outcome(None if words[1] == "none" else int(words[1]))


def _giving_numbers(path: Path) -> set[str]:
    """The functions of a module that return something."""
    body = ast.parse(path.read_bytes()).body
    return {node.name for node in body if isinstance(node, ast.FunctionDef)
            and not (isinstance(node.returns, ast.Constant) and node.returns.value is None)}


def _harness(module: str, names: Sequence[str], with_result: set[str], target: str) -> str:
    """A program that calls functions, survives their traps, and reports each in a line."""
    wrappers = [
        f"def call_{name}() -> u64:\n    return u64.wrap({module}.{name}())\n" if name in with_result else
        f"def call_{name}() -> u64:\n    {module}.{name}()\n    return u64(0)\n"
        for name in dict.fromkeys(names)]
    calls = [f"    report(call_{name}, {name in with_result})" for name in names]
    return _HARNESS.format(module=module, target=target, wrappers="\n\n".join(wrappers), calls="\n".join(calls))


_HARNESS = '''\
from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

import {module}
from bare import View, entry, panic, u8, u32, u64, utf8, zeroed
from bare.std.attempt_{target} import Attempt, abandon, attempt
from bare.std.console import write, write_number
from bare.std.cpu_{target} import power_off
from bare.unsafe import trap_handled

state = zeroed(Attempt)


@panic
def on_panic(kind: View[u8], file: View[u8], line: u32, message: View[u8]) -> NoReturn:
    write(utf8("bare trap "))
    write_number(u64(line))
    write(utf8(" "))
    write(kind)
    write(utf8("\\n"))
    trap_handled()
    abandon(state)


def report(function: Callable[[], u64], number: bool) -> None:
    if attempt(state, function) == 0:
        write(utf8("bare "))
        if number:
            write_number(state.result)
        else:
            write(utf8("none"))
        write(utf8("\\n"))


{wrappers}

@entry
def main() -> None:
{calls}
    power_off(u64(0))
'''
