"""The machines that bare builds for, and what turns LLVM's textual IR into code for one of them.

Owns the choice of processor, features and code model of each target, and is the one module that calls LLVM for code.
Knows nothing of the language, nothing of linking, and nothing of the host but what `host` says of it.

No target may depend on the host: LLVM's assembler parsers are not available for foreign targets, so the IR has to do
without inline assembly (`bare.encode` makes what needs exact instructions).
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import llvmlite.binding as llvm

# Register files that a kernel neither saves nor uses stay out of generated code.
_X86_FEATURES = "-mmx,-sse,-sse2,-sse3,-ssse3,-sse4.1,-sse4.2,-avx,-avx2,+soft-float"
# Unaligned accesses fault while the MMU is off, as all memory counts as device memory then.
_AARCH64_FEATURES = "-neon,-fp-armv8,+strict-align"
# No linker relaxation: `bare.link` takes addresses as they are.
_RISCV64_FEATURES = "+m,+a,+c,-relax"


@dataclass(frozen=True)
class Target:
    """A processor to build for, in LLVM's terms."""

    name: str
    triple: str
    cpu: str
    features: str
    code_model: str                     # distance between code and data that instructions have to span
    abi: str                            # empty: the triple's own
    machine: int                        # e_machine of its ELF files

    def __str__(self) -> str:
        return self.name


TARGETS = {target.name: target for target in (
    Target("x86_64", "x86_64-unknown-none-elf", "x86-64", _X86_FEATURES, "small", "", 62),
    Target("aarch64", "aarch64-unknown-none-elf", "cortex-a72", _AARCH64_FEATURES, "small", "", 183),
    Target("riscv64", "riscv64-unknown-none-elf", "generic-rv64", _RISCV64_FEATURES, "medium", "lp64", 243),
)}


class InvalidIr(Exception):
    """LLVM refused the IR, which is a mistake of whoever wrote it: never of a user's program."""


def data_layout(target: Target) -> str:
    """Sizes and alignments of the target, in LLVM's notation."""
    return str(_machine(target, 0).target_data)


def emit_object(ir: str, target: Target, level: int) -> bytes:
    """The relocatable ELF object of one module; level 0 compiles fast, 2 compiles for release. Raises InvalidIr."""
    machine = _machine(target, level)
    return bytes(machine.emit_object(_optimized(ir, target, machine, level)))


def emit_text(ir: str, target: Target, level: int) -> str:
    """The same as assembler text, for people. Raises InvalidIr."""
    machine = _machine(target, level)
    return str(machine.emit_assembly(_optimized(ir, target, machine, level)))


def optimize(module: llvm.ModuleRef, machine: llvm.TargetMachine, level: int) -> None:
    """Improve a module in place, as all code of bare is, for whichever machine.

    Kernels do without vector registers. Unrolled loops make them larger, and whole programs slow to compile: where
    everything is inlined into its one caller, the time grows with the square of the size.
    """
    if level:
        options = llvm.create_pipeline_tuning_options(speed_level=level)
        options.loop_vectorization = options.slp_vectorization = options.loop_unrolling = False
        builder = llvm.create_pass_builder(machine, options)
        builder.getModulePassManager().run(module, builder)


def _optimized(ir: str, target: Target, machine: llvm.TargetMachine, level: int) -> llvm.ModuleRef:
    try:
        module = llvm.parse_assembly(ir)
        module.triple = target.triple
        module.data_layout = str(machine.target_data)
        module.verify()
    except RuntimeError as error:
        raise InvalidIr(f"bare: LLVM refuses the IR for {target}: {error}") from error
    optimize(module, machine, level)
    return module


@functools.cache
def _machine(target: Target, level: int) -> llvm.TargetMachine:
    _initialize()
    return llvm.Target.from_triple(target.triple).create_target_machine(
        cpu=target.cpu, features=target.features, opt=level, reloc="static", codemodel=target.code_model,
        abiname=target.abi)


@functools.cache
def _initialize() -> None:
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
