"""x86_64: the longer sequences of a kernel: entries of interrupts, and the switch between stacks.

Builders for `@instructions`, in a module of their own as they run when a program is compiled and are no part of it.
"""

from __future__ import annotations

from bare.encode.x86_64 import (
    EAX,
    EBP,
    EBX,
    EDI,
    EDX,
    ESI,
    GS,
    R8,
    R8D,
    R9,
    R9D,
    R10,
    R10D,
    R11,
    R11D,
    R12,
    R12D,
    R13,
    R13D,
    R14,
    R14D,
    R15,
    R15D,
    RAX,
    RBP,
    RBX,
    RCX,
    RDI,
    RDX,
    RSI,
    RSP,
    Code,
    at,
    within,
)

_SAVED = (RAX, RCX, RDX, RBX, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15)
_KEPT = (RBX, RBP, R12, R13, R14, R15)  # by calls
_WITH_ERROR = (8, 10, 11, 12, 13, 14, 17, 21, 29, 30)               # Intel SDM volume 3, table 6-1
_CS = 8 * (len(_SAVED) + 3)             # behind vector, error and rip; its low bits are the ring
VECTORS = 48
ENTRY_SIZE = 16


def interrupts(code: Code) -> None:
    for vector in range(VECTORS):
        if vector not in _WITH_ERROR:
            code.push(0)
        code.push(vector).jmp("interrupt").align(ENTRY_SIZE, b"\x90")
    code.label("interrupt")
    for register in _SAVED:
        code.push(register)
    code.mov(EAX, at(RSP, _CS)).and_(EAX, 3).j("e", "from kernel").swapgs().label("from kernel")
    # The stack of what was interrupted has any alignment; that of a call is a multiple of 16.
    code.cld().mov(RDI, RSP).mov(RBX, RSP).and_(RSP, -16).call("bare_interrupt").mov(RSP, RBX)
    code.mov(EAX, at(RSP, _CS)).and_(EAX, 3).j("e", "to kernel").swapgs().label("to kernel")
    for register in reversed(_SAVED):
        code.pop(register)
    code.add(RSP, 16).iretq()


def system_calls(code: Code) -> None:
    """Entry of `syscall`: to `bare_system_call` with five arguments, and back with a result.

    gs:0 is the kernel's stack, gs:8 room for the user's. What the kernel leaves in registers is no business of users.
    """
    code.swapgs().mov(within(GS, 8), RSP).mov(RSP, within(GS, 0)).push(RCX).push(R11).mov(RCX, R10)
    code.call("bare_system_call").pop(R11).pop(RCX)
    for register in (EDI, ESI, EDX, R8D, R9D, R10D):
        code.xor(register, register)
    code.mov(RSP, within(GS, 8)).swapgs().sysretq()


def enter_user(code: Code) -> None:
    """Go on in user mode, at an address with a stack and one argument, interrupts enabled, and nothing else known."""
    code.mov(RCX, RDI).mov(R8, RSI).mov(RDI, RDX).mov(R11D, 0x202)
    for register in (EAX, EBX, EDX, ESI, EBP, R9D, R10D, R12D, R13D, R14D, R15D):
        code.xor(register, register)
    code.cli().mov(RSP, R8).xor(R8D, R8D).swapgs().sysretq()


def switch(code: Code) -> None:
    for register in _KEPT:
        code.push(register)
    code.mov(at(RDI), RSP).mov(RSP, at(RSI))
    for register in reversed(_KEPT):
        code.pop(register)
    code.ret()
