"""riscv64: the longer sequences of a kernel: the entry of traps, and the switch between stacks.

Builders for `@instructions`, in a module of their own as they run when a program is compiled and are no part of it.
"""

from __future__ import annotations

from bare.encode.riscv64 import A0, A1, FP, RA, S1, S2, S3, S4, S5, S6, S7, S8, S9, S10, S11, SP, T0, Code, Register

_KEPT = (RA, FP, S1, S2, S3, S4, S5, S6, S7, S8, S9, S10, S11)      # by calls
_FRAME = 288


def traps(code: Code) -> None:
    code.addi(SP, SP, -_FRAME)
    for number in range(1, 32):
        if number != SP.number:
            code.sd(Register(number), SP, 8 * number)
    for offset, csr in enumerate(("sepc", "sstatus", "scause", "stval")):
        code.csrr(T0, csr).sd(T0, SP, 256 + 8 * offset)
    code.mv(A0, SP).call("bare_interrupt")
    code.ld(T0, SP, 256).csrw("sepc", T0).ld(T0, SP, 264).csrw("sstatus", T0)
    for number in range(1, 32):
        if number != SP.number:
            code.ld(Register(number), SP, 8 * number)
    code.addi(SP, SP, _FRAME).sret()


def switch(code: Code) -> None:
    code.addi(SP, SP, -112)
    for number, register in enumerate(_KEPT):
        code.sd(register, SP, 8 * number)
    code.sd(SP, A0).ld(SP, A1)
    for number, register in enumerate(_KEPT):
        code.ld(register, SP, 8 * number)
    code.addi(SP, SP, 112).ret()
