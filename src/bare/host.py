"""Programs on this machine: compiled by the host's JIT and called, for tests and measurements."""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Sequence
from pathlib import Path

import llvmlite.binding as llvm

from bare.compiler import types
from bare.compiler.lower.layout import parameter_types, result_type, value_type
from bare.compiler.unit import HOST, Root, Unit, compile_program
from bare.target import optimize
from bare.trap import Kind, Trap


class Hosted:
    """The functions of a program that were asked for, ready to be called with numbers."""

    def __init__(self, unit: Unit, level: int = 2) -> None:
        _initialize()
        machine = llvm.Target.from_default_triple().create_target_machine(opt=level, jit=True)
        thunks = "\n".join(_thunk(name, root) for name, root in unit.roots.items())
        module = llvm.parse_assembly(unit.ir + thunks)
        module.triple, module.data_layout = llvm.get_process_triple(), str(machine.target_data)
        module.verify()
        optimize(module, machine, level)
        self._roots = unit.roots
        self._engine = llvm.create_mcjit_compiler(module, machine)
        self._engine.finalize_object()

    def address(self, name: str) -> int:
        """Where the function that calls another one is: it takes a place for arguments and one for the result."""
        return int(self._engine.get_function_address(f"bare.call.{name}"))

    def call(self, name: str, *arguments: int) -> int | None:
        """Call a function of integers and bools. Raises Trap if it does."""
        signature = self._roots[name].signature
        given = (ctypes.c_uint64 * max(len(arguments), 1))(*(argument & (1 << 64) - 1 for argument in arguments))
        result = ctypes.c_uint64(0)
        called = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)(self.address(name))
        site = called(ctypes.addressof(given), ctypes.addressof(result))
        if site is not None:
            raise _trap(site)
        return _number(signature.result, result.value)


def hosted(path: Path, names: Sequence[str], level: int = 2) -> Hosted:
    """Compile functions of a module for this machine. Raises Rejected."""
    return Hosted(compile_program(path, HOST, roots=names, debug=False), level)


def _thunk(name: str, root: Root) -> str:
    """A function of one shape for all: arguments and result in memory; it returns the site of a trap, or null."""
    signature = root.signature
    for part in (*signature.parameters, *([] if signature.result is types.NONE else [signature.result])):
        if not isinstance(part, types.Int) and part is not types.BOOL:
            raise ValueError(f"{name}: only functions of numbers can be called from outside, not of {part}")
    lines = [f'define ptr @"bare.call.{name}"(ptr %arguments, ptr %result) {{',
             "  %jumped = call i32 @_setjmp(ptr @bare.jump) returns_twice",
             "  %again = icmp ne i32 %jumped, 0", "  br i1 %again, label %trapped, label %go", "trapped:",
             "  %site = load ptr, ptr @bare.trapped", "  ret ptr %site", "go:"]
    values = []
    for at, kind in enumerate(parameter_types(signature)):
        lines += [f"  %p{at} = getelementptr i64, ptr %arguments, i32 {at}", f"  %w{at} = load i64, ptr %p{at}"]
        if kind != "i64":
            lines.append(f"  %n{at} = trunc i64 %w{at} to {kind}")
        values.append(f"{kind} %{'w' if kind == 'i64' else 'n'}{at}")
    result = result_type(signature.result)
    call = f'call {result} @"{root.symbol}"({", ".join(values)})'
    if result == "void":
        lines.append(f"  {call}")
    else:
        kind = value_type(signature.result)
        lines += [f"  %r = {call}", f"  %wide = zext {kind} %r to i64" if kind != "i64" else "",
                  f"  store i64 %{'wide' if kind != 'i64' else 'r'}, ptr %result"]
    return "\n".join([*filter(None, lines), "  ret ptr null", "}"])


def _number(kind: types.Type, value: int) -> int | None:
    if kind is types.NONE:
        return None
    if isinstance(kind, types.Int) and value > kind.high:
        return value - (1 << kind.bits)
    return value


def _trap(site: int) -> Trap:
    def text(at: int) -> str:
        address, length = (ctypes.c_uint64.from_address(site + at + part).value for part in (0, 8))
        return ctypes.string_at(address, length).decode()

    line = ctypes.c_uint32.from_address(site + 48).value
    message = text(32)
    return Trap(Kind(text(0)), f"{text(16)}:{line}" + (f": {message}" if message else ""), line)


@functools.cache
def _initialize() -> None:
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()


