"""riscv64: QEMU's `virt` machine, where OpenSBI starts a program in supervisor mode with its MMU off.

Owns the first instructions and the memory functions. The program's entry gets what OpenSBI leaves in a0 and a1: the
number of the hart and the address of the device tree.
"""

from __future__ import annotations

from bare.encode.riscv64 import A0, A1, A2, A3, A4, A5, FP, RA, SP, T0, T1, ZERO, Code
from bare.link.object import Fragment

BASE = 0x80200000
_STACK = 64 * 1024
# The test device of QEMU's `virt` (hw/misc/sifive_test.c): a status in the upper half, and why in the lower.
_TEST_DEVICE, _FINISHED_BADLY = 0x100000, 0x3333


def fragments() -> list[Fragment]:
    return [
        _start(), Fragment("bare_boot_stack", b"", 16, ".bss", {}, zero=_STACK), _power_off(), _memcpy(), _memmove(),
        _memset(), _memcmp(),
    ]


def _start() -> Fragment:
    code = Code().csrci("sstatus", 2).csrw("satp", ZERO).address(T0, "bare_loaded_end").address(T1, "bare_image_end")
    code.label("clear").sd(ZERO, T0).addi(T0, T0, 8).bltu(T0, T1, "clear")
    code.address(SP, "bare_boot_stack", _STACK).mv(FP, ZERO).mv(RA, ZERO)
    return code.call("bare_entry").li(A0, 0).call("bare_power_off").fragment("bare_start", section=".boot")


def _power_off() -> Fragment:
    """void bare_power_off(u64 status), from 0 to 126."""
    code = Code().slli(A0, A0, 16).li(T0, _FINISHED_BADLY).or_(A0, A0, T0).li(T0, _TEST_DEVICE).sw(A0, T0)
    return code.label("end").wfi().j("end").fragment("bare_power_off")


def _memcpy() -> Fragment:
    code = Code().mv(A3, A0).or_(A4, A0, A1).andi(A4, A4, 7).bne(A4, ZERO, "bytes").li(A5, 8)
    code.label("words").bltu(A2, A5, "bytes").ld(A4, A1).sd(A4, A3).addi(A1, A1, 8).addi(A3, A3, 8)
    code.addi(A2, A2, -8).j("words")
    code.label("bytes").beq(A2, ZERO, "end").lbu(A4, A1).sb(A4, A3).addi(A1, A1, 1).addi(A3, A3, 1)
    code.addi(A2, A2, -1).j("bytes")
    return code.label("end").ret().fragment("memcpy")


def _memmove() -> Fragment:
    """Backwards if the destination begins within the source."""
    code = Code().sub(A3, A0, A1).bltu(A3, A2, "backwards").tail("memcpy")
    code.label("backwards").add(A3, A0, A2).add(A1, A1, A2)
    code.label("next").beq(A2, ZERO, "end").addi(A1, A1, -1).addi(A3, A3, -1).addi(A2, A2, -1)
    code.lbu(A4, A1).sb(A4, A3).j("next")
    return code.label("end").ret().fragment("memmove")


def _memset() -> Fragment:
    code = Code().andi(A1, A1, 0xFF).li(A4, 0x0101010101010101).mul(A1, A1, A4).mv(A3, A0)
    code.andi(A4, A0, 7).bne(A4, ZERO, "bytes").li(A5, 8)
    code.label("words").bltu(A2, A5, "bytes").sd(A1, A3).addi(A3, A3, 8).addi(A2, A2, -8).j("words")
    code.label("bytes").beq(A2, ZERO, "end").sb(A1, A3).addi(A3, A3, 1).addi(A2, A2, -1).j("bytes")
    return code.label("end").ret().fragment("memset")


def _memcmp() -> Fragment:
    """The difference of the first two bytes that differ."""
    code = Code().mv(A5, A0)
    code.label("next").li(A0, 0).beq(A2, ZERO, "end").lbu(A3, A5).lbu(A4, A1).addi(A5, A5, 1).addi(A1, A1, 1)
    code.addi(A2, A2, -1).sub(A0, A3, A4).beq(A0, ZERO, "next")
    return code.label("end").ret().fragment("memcmp")
