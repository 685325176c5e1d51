"""Components that are written in a test: functions, source texts, folders.

On Linux a component is a process that shares nothing with the test, so a function has to be taken out of its module:
`source_of` writes down what it needs and nothing else. It works on names, as they are written in the module; what a
function takes from the test that encloses it does not exist outside, and is refused.
"""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bastide.base import Env

Program = Callable[[Env], Any] | str | Path
"""A component: its function `construct` (or its class Main), the text of its main.py, or its folder."""

_IMPORTABLE = frozenset({*sys.stdlib_module_names, "bastide"})


def source_of(function: Callable[[Env], Any]) -> str:
    """A main.py that constructs as `function` does, with what its module defines and imports for it.

    Raises ValueError, with the name that stands in the way, if the function can't do without the test around it.
    """
    name, code = function.__name__, getattr(function, "__code__", None)
    if code is not None and code.co_freevars:
        raise ValueError(f"the component '{name}' uses {', '.join(code.co_freevars)} of the function around it, and "
                         "there is none in a sandbox: define what it needs in the module, or run it in-process")
    try:
        own = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
        module = ast.parse(inspect.getsource(inspect.getmodule(function)))  # type: ignore[arg-type]  # None raises too
    except (OSError, TypeError, SyntaxError) as error:
        raise ValueError(f"the source of the component '{name}' can't be had: {error}; give its text instead") from None
    if not isinstance(own, ast.FunctionDef | ast.ClassDef):
        raise ValueError(f"the component '{name}' is no function or class with a name: give it one by 'def'")
    defined = {known: statement for statement in module.body for known in _names(statement)}
    needed = _needed(own, defined)
    for statement in needed:
        _check_imports(statement, name)
    body = [statement for statement in module.body if statement in needed and statement is not defined.get(name)]
    text = "\n\n".join(ast.unparse(statement) for statement in (*body, own))
    return f"from __future__ import annotations\n\n{text}\n\nconstruct = {name}\n"


def _names(statement: ast.stmt) -> Iterator[str]:
    """What a statement of a module defines."""
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        yield statement.name
    elif isinstance(statement, ast.Import | ast.ImportFrom):
        if not (isinstance(statement, ast.ImportFrom) and statement.module == "__future__"):
            for alias in statement.names:
                yield alias.asname or alias.name.partition(".")[0]
    elif isinstance(statement, ast.Assign | ast.AnnAssign):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        for target in targets:
            yield from (node.id for node in ast.walk(target) if isinstance(node, ast.Name))


def _needed(own: ast.stmt, defined: dict[str, ast.stmt]) -> list[ast.stmt]:
    needed: list[ast.stmt] = []
    todo = [own]
    while todo:
        for node in ast.walk(todo.pop()):
            statement = defined.get(node.id) if isinstance(node, ast.Name) else None
            if statement is not None and statement not in needed:
                needed.append(statement)
                todo.append(statement)
    return needed


def _check_imports(statement: ast.stmt, component: str) -> None:
    if isinstance(statement, ast.Import):
        names = [alias.name for alias in statement.names]
    elif isinstance(statement, ast.ImportFrom):
        names = [statement.module or "."]
    else:
        return
    for name in names:
        if name.partition(".")[0] not in _IMPORTABLE | {"components"}:
            raise ValueError(f"the component '{component}' needs the module '{name}', which does not exist in a "
                             "sandbox: components import bastide and the standard library")
