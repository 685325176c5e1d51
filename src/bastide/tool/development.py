"""The commands of those who work on Bastide itself: `test`, `lint` and `bench`. They run well-kept tools, no more."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bastide.tool.checkout import CHECKOUT
from bastide.tool.requirements import MissingRequirements, ensure
from bastide.tool.suggestion import suggestion

_CODE_FOLDERS = ("src", "tests", "bench")


@dataclass(frozen=True)
class Check:
    """One linter; `remedy` is what to do about its findings."""

    name: str
    command: tuple[str, ...]
    remedy: str


def test(arguments: Sequence[str]) -> int:
    """Run pytest with the given arguments; paths count from the current folder."""
    if not _ready():
        return 2
    return _python(["-m", "pytest", *map(_argument, arguments)])


def lint(arguments: Sequence[str]) -> int:
    """Run all linters, tell which found something, and fail if one did."""
    known = [check.name for check in checks(CHECKOUT)]
    for name in arguments:
        if name not in known:
            print(f"bastide lint: there is no check '{name}'{suggestion(name, known)}", file=sys.stderr)
            return 2
    chosen = [check for check in checks(CHECKOUT) if not arguments or check.name in arguments]
    if not _ready():
        return 2
    failed = []
    for check in chosen:
        print(f"lint: {check.name} ...", flush=True)
        if _python(list(check.command)):
            failed.append(check)
    for check in failed:
        print(f"lint: {check.name} failed: {check.remedy}")
    if not failed:
        print(f"lint: all fine ({', '.join(check.name for check in chosen)})")
    return 1 if failed else 0


def bench(arguments: Sequence[str]) -> int:
    """Run the named benchmarks of `bench/`, or all of them. Their figures do not decide the exit code."""
    available = benchmarks(CHECKOUT / "bench")
    if {"--help", "-h"} & set(arguments):
        width = max(map(len, available), default=0)
        print("usage: bastide bench [NAME...] [--json]\n")
        print("\n".join(f"  {name:{width}}  {summary}" for name, summary in available.items())
              or "  (no benchmarks yet)")
        return 0
    names = [argument for argument in arguments if argument != "--json"]
    for name in names:
        if name not in available:
            kind = "option" if name.startswith("-") else "benchmark"
            print(f"bastide bench: there is no {kind} '{name}'{suggestion(name, ['--json', *available])}",
                  file=sys.stderr)
            return 2
    if not _ready():
        return 2
    options = ["--json"] if "--json" in arguments else []
    return _python(["-m", "bench.harness", *options, *(names or available)])


def checks(checkout: Path) -> tuple[Check, ...]:
    """The linters, in the order of their speed."""
    code = [folder for folder in _CODE_FOLDERS if next((checkout / folder).rglob("*.py"), None) is not None]
    imports = "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"
    return (
        Check("ruff", ("-m", "ruff", "check", "."), "'.venv/bin/ruff check --fix .' repairs most of it"),
        Check("imports", ("-c", imports, "--no-cache", "--no-logo"), "the contracts are in pyproject.toml"),
        Check("mypy", ("-m", "mypy", *code), "the types have to agree in strict mode"),
    )


def benchmarks(folder: Path) -> dict[str, str]:
    """Names and first lines of the benchmarks in a folder: `rpc-cap` is the module `rpc_cap`."""
    files = sorted(file for file in folder.glob("*.py") if not file.name.startswith("_"))
    return {file.stem.replace("_", "-"): _summary(file) for file in files}


def _summary(file: Path) -> str:
    return (ast.get_docstring(ast.parse(file.read_text())) or "").partition("\n")[0]


def _argument(argument: str) -> str:
    path, separator, test_name = argument.partition("::")
    is_path = not path.startswith("-") and Path(path).exists()
    return f"{Path(path).resolve()}{separator}{test_name}" if is_path else argument


def _ready() -> bool:
    if not (CHECKOUT / "pyproject.toml").is_file():
        print("bastide: this works in a checkout of Bastide, and here it is installed as a package; your own tests run "
              "by 'pytest', with the fixture 'testbed'", file=sys.stderr)
        return False
    try:
        ensure(CHECKOUT / "pyproject.toml")
        return True
    except MissingRequirements as error:
        print(error, file=sys.stderr)
        return False


def _python(arguments: list[str]) -> int:
    """Run the interpreter in the checkout; the result is its exit code."""
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT / "src")}
    return subprocess.run([sys.executable, *arguments], cwd=CHECKOUT, env=environment).returncode
