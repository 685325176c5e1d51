"""From a source file to a program that a machine can load: the steps of compiler, LLVM and linker in their order."""

from __future__ import annotations

from pathlib import Path

from bare import boot
from bare.compiler.unit import compile_program
from bare.link import Image, link
from bare.target import Target, emit_object

RELEASE = 2


def build(path: Path, target: Target, *, level: int = RELEASE, folder: Path | None = None) -> Image:
    """The bootable program whose main module is `path`; see `compile_program`. Raises Rejected, or LinkError."""
    unit = compile_program(path, target.name, folder=folder)
    return link(emit_object(unit.ir, target, level), [*boot.fragments(target), *unit.fragments], target,
                boot.layout(target))
