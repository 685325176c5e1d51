"""From reset to the first function of a program, on the machines that QEMU offers for each architecture.

Owns what has to run before compiled code can: the entry that a loader jumps to, the stack, 64-bit mode, cleared memory;
the way to switch the machine off; and the memory functions that LLVM calls by name. All of it is machine code from the
encoders. What the program does then is its own matter: it gets control in the function exported as `bare_entry`, with
two numbers that the loader left.
"""

from __future__ import annotations

from collections.abc import Sequence

from bare.boot import aarch64, riscv64, x86_64
from bare.link.layout import Layout
from bare.link.object import Fragment
from bare.target import Target

_FRAGMENTS = {"x86_64": x86_64.fragments, "aarch64": aarch64.fragments, "riscv64": riscv64.fragments}
_BASE = {"x86_64": x86_64.BASE, "aarch64": aarch64.BASE, "riscv64": riscv64.BASE}


def fragments(target: Target) -> Sequence[Fragment]:
    """All that a program may need, to be linked with it."""
    return _FRAGMENTS[target.name]()


def layout(target: Target) -> Layout:
    """Where the machine's loaders put programs."""
    return Layout(_BASE[target.name], "bare_start")
