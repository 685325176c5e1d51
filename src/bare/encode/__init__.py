"""Machine code from Python: the exact instructions that a compiler does not choose, for each architecture.

Entries of interrupts and system calls, context switches, privileged instructions and start-up code are written as
Python functions that append instructions to a `Code`. There is no assembler text and no parser: an operand of the wrong
kind is a type error of mypy, and one that can't be encoded an `EncodingError` that names instruction and operand.
"""

from __future__ import annotations

from bare.encode import aarch64, riscv64, x86_64
from bare.encode.code import Code, EncodingError
from bare.target import Target

__all__ = ["Code", "EncodingError", "code_for"]


def code_for(target: Target) -> Code:
    """Empty code of the target's architecture."""
    return {62: x86_64.Code, 183: aarch64.Code, 243: riscv64.Code}[target.machine]()
