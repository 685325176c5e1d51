"""aarch64: the longer sequences of a kernel: exception vectors, and the switch between stacks.

Builders for `@instructions`, in a module of their own as they run when a program is compiled and are no part of it.
"""

from __future__ import annotations

from bare.encode.aarch64 import (
    FP,
    LR,
    SP,
    X0,
    X1,
    X2,
    X3,
    X19,
    X20,
    X21,
    X22,
    X23,
    X24,
    X25,
    X26,
    X27,
    X28,
    Code,
    Register,
)

_KEPT = ((X19, X20), (X21, X22), (X23, X24), (X25, X26), (X27, X28), (FP, LR))              # by calls
_FRAME = 288


def exceptions(code: Code) -> None:
    """Sixteen entries of 32 instructions each, and behind them what they share."""
    for kind in range(16):
        code.sub(SP, SP, _FRAME).stp(X0, X1, SP).mov(X1, kind).b("exception").align(128, b"\x1f\x20\x03\xd5")
    code.label("exception")
    for number in range(2, 30, 2):
        code.stp(Register(number), Register(number + 1), SP, 8 * number)
    code.mrs(X2, "elr_el1").stp(LR, X2, SP, 240).mrs(X2, "spsr_el1").stp(X2, X1, SP, 256)
    code.mrs(X2, "esr_el1").mrs(X3, "far_el1").stp(X2, X3, SP, 272)
    code.mov(X0, SP).bl("bare_interrupt")
    code.ldp(LR, X2, SP, 240).msr("elr_el1", X2).ldr(X2, SP, 256).msr("spsr_el1", X2)
    for number in range(2, 30, 2):
        code.ldp(Register(number), Register(number + 1), SP, 8 * number)
    code.ldp(X0, X1, SP).add(SP, SP, _FRAME).eret()


def switch(code: Code) -> None:
    code.sub(SP, SP, 96)
    for number, (a, b) in enumerate(_KEPT):
        code.stp(a, b, SP, 16 * number)
    code.mov(X2, SP).str_(X2, X0).ldr(X2, X1).mov(SP, X2)
    for number, (a, b) in enumerate(_KEPT):
        code.ldp(a, b, SP, 16 * number)
    code.add(SP, SP, 96).ret()
