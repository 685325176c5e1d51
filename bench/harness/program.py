"""The other side of a comparison: C programs, compiled when they are needed, and the programs of others."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.harness.figure import NotPossible

SOURCES = Path(__file__).resolve().parents[1] / "c"
COMPILERS = ("cc", "gcc", "clang")
FLAGS = ("-O2", "-Wall")
DEADLINE = 120.0


class Program:
    """A C program of `bench/c` that prints microseconds per operation. Raises NotPossible."""

    def __init__(self, name: str) -> None:
        self.path = compiled(SOURCES / f"{name}.c")

    def batches(self, size: int, count: int, *further: int) -> list[float]:
        """Microseconds per operation, for each of `count` batches of `size` operations.

        What else the program is to know is in `further`.
        """
        arguments = [str(int(number)) for number in (size, count, *further)]
        output = subprocess.run([self.path, *arguments], check=True, capture_output=True, text=True,
                                timeout=DEADLINE).stdout
        return [float(word) for word in output.split()]


def compiled(source: Path, flags: Sequence[str] = FLAGS) -> Path:
    """The program (or what the flags say) made of a C file, from the cache if nothing of it has changed."""
    compiler = next(filter(None, map(shutil.which, COMPILERS)), None)
    if compiler is None:
        raise NotPossible(f"{source.name} needs a C compiler, but there is none of {', '.join(COMPILERS)} in PATH; "
                          "what helps: apt install gcc")
    content = b"\0".join([compiler.encode(), *(" ".join(flags).encode(), source.read_bytes()),
                          *(header.read_bytes() for header in sorted(source.parent.glob("*.h")))])
    program = cache_folder() / f"{source.stem}-{hashlib.sha256(content).hexdigest()[:16]}"
    if not program.exists():
        program.parent.mkdir(parents=True, exist_ok=True)
        unfinished = program.with_name(f"{program.name}.{os.getpid()}")
        result = subprocess.run([compiler, *flags, "-o", unfinished, source], capture_output=True, text=True)
        if result.returncode:
            raise NotPossible(f"{compiler} could not compile {source.name}: {result.stderr.strip()}")
        unfinished.replace(program)
    return program


def cache_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "bastide" / "bench"


def required(program: str, package: str) -> str:
    """Where an installed program is. Raises NotPossible."""
    found = shutil.which(program)
    if found is None:
        raise NotPossible(f"needs the program '{program}', which is not in PATH; what helps: apt install {package}")
    return found


def interpreter() -> str:
    """The interpreter itself: neither a link of an environment nor a shell script that looks for it."""
    return os.path.realpath(sys.executable)
