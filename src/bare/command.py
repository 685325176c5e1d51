"""The commands of `python -m bare`. What is wrong with a program, or missing here, is printed, never raised."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from bare.compiler.source import Rejected

TARGETS = ("x86_64", "aarch64", "riscv64")
_FAILED, _MISTAKE = 1, 2


def main(arguments: Sequence[str]) -> int:
    """0: done. 1: the program failed. 2: it could not be built or run, and was said why."""
    options = _parser().parse_args(arguments)
    try:
        import llvmlite  # noqa: F401
    except ImportError:
        return _complain("the compiler needs llvmlite, which is not installed; what helps: pip install llvmlite")
    from bare.link import LinkError
    from bare.machine import MissingEmulator
    try:
        code: int = options.command(options)
        return code
    except Rejected as rejected:
        print(rejected, file=sys.stderr)
        return _MISTAKE
    except (LinkError, MissingEmulator, OSError) as error:
        return _complain(str(error))


def _build(options: argparse.Namespace) -> int:
    from bare.build import build
    from bare.target import TARGETS as KNOWN
    image = build(options.file, KNOWN[options.target], level=options.level)
    output = options.output or options.file.with_suffix(".bin" if options.flat else ".elf")
    output.write_bytes(image.flat() if options.flat else image.elf())
    print(f"bare: {output}: {len(image.flat())} bytes for {options.target}")
    return 0


def _run(options: argparse.Namespace) -> int:
    from bare.build import build
    from bare.machine import run
    from bare.target import TARGETS as KNOWN
    target = KNOWN[options.target]
    result = run(build(options.file, target, level=options.level), target, timeout=options.timeout,
                 on_line=lambda line: print(line, flush=True))
    if result.status is None:
        return _complain(f"{options.file} did not power off: {result.reason}", _FAILED)
    return result.status


def _test(options: argparse.Namespace) -> int:
    from bare.testing import run_tests
    failures = run_tests(options.file, options.target or ["cpython", "host"])
    return _FAILED if failures else 0


def _ir(options: argparse.Namespace) -> int:
    from bare.compiler.unit import compile_program
    print(compile_program(options.file, options.target).ir, end="")
    return 0


def _asm(options: argparse.Namespace) -> int:
    from bare.compiler.unit import compile_program
    from bare.target import TARGETS as KNOWN
    from bare.target import emit_text
    unit = compile_program(options.file, options.target)
    print(emit_text(unit.ir, KNOWN[options.target], options.level), end="")
    return 0


def _complain(text: str, code: int = _MISTAKE) -> int:
    print(text if text.startswith("bare: ") else f"bare: {text}", file=sys.stderr)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bare", description="Statically typed Python for bare machines.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, command, summary in (
            ("build", _build, "make a program that boots"),
            ("run", _run, "build it and boot it in QEMU"),
            ("test", _test, "call the functions test_* under CPython, compiled for this machine, and in QEMU"),
            ("ir", _ir, "show LLVM's intermediate form"),
            ("asm", _asm, "show assembler text")):
        sub = commands.add_parser(name, help=summary, description=summary)
        sub.set_defaults(command=command)
        sub.add_argument("file", type=Path, help="the main module")
        if name == "test":
            sub.add_argument("-t", "--target", action="append", choices=("cpython", "host", *TARGETS),
                             help="where to test; several are possible (default: cpython and host)")
            continue
        sub.add_argument("-t", "--target", default="x86_64", choices=TARGETS, help="default: x86_64")
        sub.add_argument("-O", "--level", type=int, default=2, choices=(0, 1, 2), help="0: compiles fast (default: 2)")
        if name == "build":
            sub.add_argument("-o", "--output", type=Path, help="default: beside the main module")
            sub.add_argument("--flat", action="store_true", help="bytes to be copied to the load address, not ELF")
        if name == "run":
            sub.add_argument("--timeout", type=float, default=60.0, help="seconds (default: 60)")
    return parser
