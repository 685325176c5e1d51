"""Source files, places in them, and what is reported about them. Knows nothing of the language."""

from __future__ import annotations

import ast
import contextlib
import io
import re
import tokenize
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

LIMIT = 20              # a longer list helps nobody: the first messages explain the rest


class Place(Protocol):
    """What has a position: any node of Python's syntax tree that is an expression or a statement."""

    lineno: int
    col_offset: int


@dataclass(frozen=True)
class Source:
    """One file of a program."""

    path: str           # as it is shown to the user
    text: str
    lines: tuple[str, ...]

    @classmethod
    def read(cls, path: Path, shown: str) -> Source:
        """Raises OSError, or UnicodeError if this is no UTF-8, or says that it is something else."""
        data = path.read_bytes()
        try:
            encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        except SyntaxError as error:
            raise UnicodeError(str(error)) from error
        if encoding not in ("utf-8", "utf-8-sig"):
            raise UnicodeError(f"the file says that it is {encoding}")
        text = data.decode(encoding)
        return cls(shown, text, tuple(re.split("\r\n|\r|\n", text)))


@dataclass(frozen=True, order=True)
class Diagnostic:
    """One message: `file.py:3:7: expected u64, got u32`, with the line and a caret below. Columns count from 1."""

    path: str
    line: int
    column: int
    message: str
    excerpt: str = ""

    def __str__(self) -> str:
        head = f"{self.path}:{self.line}:{self.column}: {self.message}"
        if not self.excerpt.strip():
            return head
        kept = self.excerpt.replace("\t", " ")
        indent = len(kept) - len(kept.lstrip())
        return f"{head}\n    {kept.strip()}\n    {' ' * (self.column - 1 - indent)}^"


class Mistake(Exception):
    """The user wrote something that the language does not have. Caught per statement, so that the next is looked at."""

    def __init__(self, place: Place, message: str) -> None:
        super().__init__(message)
        self.place = place
        self.source: Source | None = None       # None: the file that is being looked at


@contextlib.contextmanager
def located(source: Source) -> Iterator[None]:
    """Mistakes in here are of this file, whoever has led to it."""
    try:
        yield
    except Mistake as mistake:
        mistake.source = mistake.source or source
        raise


class Rejected(Exception):
    """A program that has mistakes: all of them, in the order of their places."""

    def __init__(self, diagnostics: list[Diagnostic]) -> None:
        self.diagnostics = sorted(set(diagnostics))
        shown = [str(diagnostic) for diagnostic in self.diagnostics[:LIMIT]]
        if len(self.diagnostics) > LIMIT:
            shown.append(f"and {len(self.diagnostics) - LIMIT} more")
        super().__init__("\n".join(shown))


@dataclass
class Report:
    """What was found in one run."""

    diagnostics: list[Diagnostic] = field(default_factory=list)

    def add(self, source: Source, place: Place | None, message: str) -> None:
        line, offset = (place.lineno, place.col_offset) if place is not None else (1, 0)
        excerpt = source.lines[line - 1] if 0 < line <= len(source.lines) else ""
        # Python counts columns in bytes of UTF-8.
        column = len(excerpt.encode()[:offset].decode(errors="replace")) + 1
        self.diagnostics.append(Diagnostic(source.path, line, column, message, excerpt))

    def mistake(self, source: Source, mistake: Mistake) -> None:
        self.add(mistake.source or source, mistake.place, str(mistake))

    def conclude(self) -> None:
        """Raises Rejected if there was a mistake."""
        if self.diagnostics:
            raise Rejected(self.diagnostics)


def parse(source: Source, report: Report) -> ast.Module | None:
    """The syntax tree, or None, and then it was reported why."""
    try:
        with warnings.catch_warnings(action="ignore"):          # they are for CPython, which will show them
            tree = ast.parse(source.text, source.path)
            compile(tree, source.path, "exec", dont_inherit=True)       # finds what the grammar alone allows
            return tree
    except SyntaxError as error:
        line, column = error.lineno or 1, error.offset or 1
        excerpt = source.lines[line - 1] if 0 < line <= len(source.lines) else ""
        report.diagnostics.append(Diagnostic(source.path, line, column, f"no Python: {error.msg}", excerpt))
    except ValueError as error:
        report.diagnostics.append(Diagnostic(source.path, 1, 1, f"no Python: {error}"))
    except (RecursionError, MemoryError):
        report.diagnostics.append(Diagnostic(source.path, 1, 1, "nested too deeply"))
    return None
