"""aarch64: QEMU's `virt` machine, which starts a program at EL1 with its MMU off.

Owns the first instructions and the memory functions. The program's entry gets what the loader left in x0 and x1: with a
flat image, the address of the device tree.
"""

from __future__ import annotations

from bare.encode.aarch64 import FP, LR, SP, X0, X1, X2, X3, X4, X5, XZR, Code
from bare.link.object import Fragment

BASE = 0x40080000
_STACK = 64 * 1024
# Arm semihosting 3.0: SYS_EXIT_EXTENDED, ADP_Stopped_ApplicationExit.
_SYS_EXIT_EXTENDED, _APPLICATION_EXIT, _SEMIHOSTING = 0x20, 0x20026, 0xF000


def fragments() -> list[Fragment]:
    return [
        _start(), Fragment("bare_boot_stack", b"", 16, ".bss", {}, zero=_STACK), _power_off(), _memcpy(), _memmove(),
        _memset(), _memcmp(),
    ]


def _start() -> Fragment:
    code = Code().address(X3, "bare_loaded_end").address(X4, "bare_image_end")
    code.label("clear").stp(XZR, XZR, X3).add(X3, X3, 16).cmp(X3, X4).b_if("lo", "clear")
    code.address(X3, "bare_boot_stack", _STACK).mov(SP, X3).mov(FP, XZR).mov(LR, XZR)
    return code.bl("bare_entry").mov(X0, 0).bl("bare_power_off").fragment("bare_start", section=".boot")


def _power_off() -> Fragment:
    """void bare_power_off(u64 status), from 0 to 126."""
    code = Code().mov(X1, _APPLICATION_EXIT).stp_before(X1, X0, SP, -16).mov(X0, _SYS_EXIT_EXTENDED).mov(X1, SP)
    return code.hlt(_SEMIHOSTING).label("end").wfi().b("end").fragment("bare_power_off")


# Words are used where both addresses allow: unaligned accesses fault while the MMU is off.

def _memcpy() -> Fragment:
    code = Code().mov(X3, X0).orr(X4, X0, X1).mov(X5, 7).and_(X4, X4, X5).cbnz(X4, "bytes")
    code.label("words").cmp(X2, 8).b_if("lo", "bytes")
    code.ldr_after(X4, X1, 8).str_after(X4, X3, 8).sub(X2, X2, 8).b("words")
    code.label("bytes").cbz(X2, "end").ldrb_after(X4, X1, 1).strb_after(X4, X3, 1).sub(X2, X2, 1).b("bytes")
    return code.label("end").ret().fragment("memcpy")


def _memmove() -> Fragment:
    """Backwards if the destination begins within the source."""
    code = Code().sub(X3, X0, X1).cmp(X3, X2).b_if("lo", "backwards").b("memcpy")
    code.label("backwards").add(X3, X0, X2).add(X1, X1, X2)
    code.label("next").cbz(X2, "end").sub(X1, X1, 1).sub(X3, X3, 1).sub(X2, X2, 1).ldrb(X4, X1).strb(X4, X3).b("next")
    return code.label("end").ret().fragment("memmove")


def _memset() -> Fragment:
    code = Code().mov(X4, 0xFF).and_(X1, X1, X4).mov(X4, 0x0101010101010101).mul(X1, X1, X4).mov(X3, X0)
    code.mov(X5, 7).and_(X4, X0, X5).cbnz(X4, "bytes")
    code.label("words").cmp(X2, 8).b_if("lo", "bytes").str_after(X1, X3, 8).sub(X2, X2, 8).b("words")
    code.label("bytes").cbz(X2, "end").strb_after(X1, X3, 1).sub(X2, X2, 1).b("bytes")
    return code.label("end").ret().fragment("memset")


def _memcmp() -> Fragment:
    """The difference of the first two bytes that differ."""
    code = Code().mov(X5, X0)
    code.label("next").mov(X0, 0).cbz(X2, "end").ldrb_after(X3, X5, 1).ldrb_after(X4, X1, 1).sub(X2, X2, 1)
    code.sub(X0, X3, X4).cbz(X0, "next")
    return code.label("end").ret().fragment("memcmp")
