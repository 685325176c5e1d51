"""What ends a program that went wrong: the kinds of traps, and the exception that stands for them under CPython.

Compiled code calls the program's panic function instead; the words are the same.
"""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """Why a program trapped."""

    OVERFLOW = "overflow"
    DIVISION = "division by zero"
    SHIFT = "shift out of range"
    CONVERSION = "conversion out of range"
    INDEX = "index out of range"
    ASSERTION = "assertion failed"
    NULL = "null"
    UNREACHABLE = "unreachable"


class Trap(Exception):
    """A program broke a rule that only running it can check. No program catches it; tests do."""

    def __init__(self, kind: Kind, detail: str = "", line: int = 0) -> None:
        super().__init__(f"{kind.value}: {detail}" if detail else kind.value)
        self.kind = kind
        self.line = line                # in the program, if it was compiled; else the traceback has it
