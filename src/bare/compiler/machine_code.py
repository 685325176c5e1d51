"""Functions whose body is machine code: their builders run here, while the program is compiled.

The module is imported by CPython for that, which it has to survive anyway.
"""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import TYPE_CHECKING, Any

from bare.compiler import types
from bare.compiler.source import Mistake
from bare.compiler.symbols import FunctionSymbol, GlobalSymbol, Instance

if TYPE_CHECKING:
    from bare.compiler.program import Program


@dataclass(frozen=True)
class MachineCode:
    """One such function: its instructions for the linker (none on the host), and the symbols that it refers to."""

    symbol: str
    signature: types.Function
    fragment: Any
    calls: dict[str, int] = field(default_factory=dict)


def assemble(program: Program, instance: Instance) -> MachineCode:
    """Run the builder. Raises Mistake if it fails, or if there is no encoder for the target."""
    function = instance.function
    if program.target == "host":
        return MachineCode(instance.symbol, instance.signature, None)
    module = _imported(program, function)
    python = getattr(module, function.name, None)
    options: Any = getattr(python, "__bare_instructions__", None)
    if options is None:
        raise Mistake(function.node, f"{function.name} is not what @instructions made of it")
    try:
        code = importlib.import_module(f"bare.encode.{program.target}").Code()
        options.build(code)
        references: Sequence[object] = [part for part in code.references() if not isinstance(part, str)]
    except Exception as error:
        raise Mistake(function.node, f"the builder of {function.name} failed: {error}") from error
    symbols = {id(reference): _resolve(program, function, reference) for reference in references}
    try:
        fragment = code.fragment(
            instance.symbol, lambda part: part if isinstance(part, str) else symbols[id(part)],
            section=options.section, align=options.align)
    except Exception as error:
        raise Mistake(function.node, f"the instructions of {function.name} can't be encoded: {error}") from error
    return MachineCode(instance.symbol, instance.signature, fragment,
                       dict.fromkeys(symbols.values(), function.node.lineno))


def _resolve(program: Program, function: FunctionSymbol, reference: object) -> str:
    """The symbol of a function or a global that machine code names."""
    name = getattr(reference, "__name__", None)
    module = program.modules.get(getattr(reference, "__module__", "") or "")
    found = module.scope.get(name) if module is not None and name is not None else None
    if isinstance(found, FunctionSymbol):
        return program.instance(found, {}).symbol
    for candidate in program.modules.values():
        python = program.python.get(candidate.name)
        for variable, symbol in candidate.scope.items():
            if isinstance(symbol, GlobalSymbol) and getattr(python, variable, None) is reference:
                return symbol.variable.symbol
    raise Mistake(function.node, f"{function.name} refers to something that is no function or global of the program")


def _imported(program: Program, function: FunctionSymbol) -> ModuleType:
    """The module of a function, as CPython sees it. Raises Mistake if CPython can't import it."""
    name = function.module.name
    if name not in program.python:
        with _modules_of(program):
            try:
                importlib.import_module(name)
            except (Exception, SystemExit) as error:
                raise Mistake(function.node, f"CPython can't import {name}: {error}") from error
    return program.python[name]


@contextlib.contextmanager
def _modules_of(program: Program) -> Iterator[None]:
    """Imports find the program's modules, and nobody else does: another program may have some of the same name."""
    names = [name for name in program.modules if not name.startswith("bare.")]
    others = {name: sys.modules.pop(name) for name in names if name in sys.modules}
    sys.modules.update(program.python)
    sys.path.insert(0, str(program.folder))
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path.remove(str(program.folder))
        program.python |= {name: sys.modules[name] for name in program.modules if name in sys.modules}
        for name in names:
            sys.modules.pop(name, None)
        sys.modules.update(others)
