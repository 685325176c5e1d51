"""The tests of a program: its functions `test_*`, called under CPython and compiled. A test fails if it traps."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

from bare.compiler.unit import function_names
from bare.trap import Kind, Trap


def run_tests(path: Path, places: Iterable[str], show: Callable[[str], None] = print) -> int:
    """Call the tests in each place, show what happens, and count failures. Raises Rejected."""
    names = function_names(path, "test_")
    failures = 0
    for place in places:
        outcomes = _OUTCOMES[place](path, names)
        for name, trap in zip(names, outcomes, strict=True):
            show(f"{place}: {name}: {trap or 'fine'}")
            failures += trap is not None
    if not names:
        show(f"{path}: there is no function test_*")
    return failures


def imported(path: Path) -> ModuleType:
    """A program as CPython sees it, fresh, for what ran before may have changed its globals."""
    name = f"bare_program_{path.stem}"
    specification = importlib.util.spec_from_file_location(name, path)
    assert specification is not None and specification.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(specification)
    sys.path.insert(0, str(path.resolve().parent))
    try:
        specification.loader.exec_module(module)
    finally:
        sys.path.remove(str(path.resolve().parent))
    return module


def attempt(function: Callable[..., Any], *arguments: Any) -> Any:
    """The result of a call, or the Trap that it ended with: an assertion of CPython is one."""
    try:
        return function(*arguments)
    except Trap as trap:
        return trap
    except AssertionError as error:
        return Trap(Kind.ASSERTION, str(error))


def _cpython(path: Path, names: list[str]) -> list[Trap | None]:
    module = imported(path)
    return [attempt(getattr(module, name)) for name in names]


def _host(path: Path, names: list[str]) -> list[Trap | None]:
    from bare.host import hosted
    compiled = hosted(path, names)
    return [attempt(compiled.call, name) for name in names]


_OUTCOMES: dict[str, Callable[[Path, list[str]], list[Trap | None]]] = {"cpython": _cpython, "host": _host}
