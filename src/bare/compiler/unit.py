"""A program as one module of LLVM, with the machine code that goes along: what the compiler gives to those who link."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bare.compiler import definition, types
from bare.compiler.lower.module import ModuleText
from bare.compiler.program import Program
from bare.compiler.source import Diagnostic, Rejected
from bare.compiler.symbols import FunctionSymbol, Module

HOST = "host"
_PANIC = types.Function((types.View(types.U8, False), types.View(types.U8, False), types.U32,
                         types.View(types.U8, False)), types.NEVER)


@dataclass(frozen=True)
class Unit:
    """A compiled program. `roots`: the functions that were asked for by name, with their symbols and signatures."""

    ir: str
    fragments: Sequence[Any]
    roots: dict[str, Root]


@dataclass(frozen=True)
class Root:
    symbol: str
    signature: types.Function


def compile_program(path: Path, target: str, *, folder: Path | None = None, roots: Sequence[str] | None = None,
                    debug: bool = True) -> Unit:
    """The program whose main module is `path`. Raises Rejected, with all that is wrong with it.

    It consists of what can be reached from its exported functions, or from the functions of the main module that
    `roots` names. Other modules are found in `folder`: if nothing is said, beside the main one.
    """
    program = Program((folder or path.parent).resolve(), target)
    main = program.check(path.resolve())
    found = {name: _root(program, main, name) for name in roots or ()}
    start = _exported(program) if roots is None else [root.symbol for root in found.values()]
    panic = _panic(program) if target != HOST else None
    functions, machine_code = program.reachable(start + ([panic] if panic else []))
    external = {symbol for code in machine_code for symbol in code.calls} | {root.symbol for root in found.values()}
    declared = {code.symbol: code.signature for code in machine_code}
    text = ModuleText(hosted=target == HOST, with_debug=debug)
    structs = [struct for module in program.modules.values() for symbol in module.scope.values()
               for struct in getattr(symbol, "instances", {}).values() if isinstance(struct, types.Struct)]
    ir = text.text(functions, program.globals.values(), dict.fromkeys(structs), declared, external, panic)
    return Unit(ir, [code.fragment for code in machine_code if code.fragment is not None], found)


def functions(path: Path, prefix: str) -> list[str]:
    """The functions of a module without parameters whose names begin so, in the order of the file. Raises Rejected."""
    program = Program(path.resolve().parent, HOST)
    main = program.check(path.resolve())
    return [name for name, symbol in main.scope.items()
            if isinstance(symbol, FunctionSymbol) and symbol.module is main and name.startswith(prefix)
            and not symbol.node.args.args]


def _root(program: Program, main: Module, name: str) -> Root:
    symbol = main.scope.get(name)
    if not isinstance(symbol, FunctionSymbol) or symbol.generic:
        raise Rejected([Diagnostic(main.source.path, 1, 1, f"there is no function {name} that could be called")])
    instance = program.instance(symbol, {})
    return Root(instance.symbol, instance.signature)


def _exported(program: Program) -> list[str]:
    """The functions that code from outside may call. Raises Rejected if there is none."""
    found = [function.symbol for function in program.functions.values()
             if function.attributes.export or function.attributes.entry]
    entries = [function for function in program.functions.values() if function.attributes.entry]
    for entry in entries:
        if len(entry.parameters) > 2 or any(variable.type != types.U64 for variable in entry.parameters):
            raise Rejected([Diagnostic(entry.path, entry.line, 1, "@entry takes two u64 at most")])
    if not found:
        path = next(iter(program.modules.values())).source.path
        raise Rejected([Diagnostic(path, 1, 1, "nothing is exported: mark a function with @entry or @export")])
    return sorted(found)


def _panic(program: Program) -> str | None:
    marked: list[definition.Function] = [function for function in program.functions.values()
                                   if function.attributes.panic]
    for function in marked:
        if function.signature != _PANIC or len(marked) > 1:
            raise Rejected([Diagnostic(
                function.path, function.line, 1, "there are several @panic functions" if len(marked) > 1 else
                "@panic is (kind: View[u8], file: View[u8], line: u32, message: View[u8]) -> NoReturn")])
    return marked[0].symbol if marked else None
