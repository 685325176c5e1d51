"""aarch64: registers, and the instructions that kernels need beyond what a compiler emits.

Owns the encodings (Arm ARM DDI 0487, chapter C6). Names are Arm's, with an underscore where Python means something
else; destination first, except for stores. All registers are 64-bit, but of `ldrb`/`strb` and `ldr32`/`str32`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self

from bare.encode.code import Code as _Code

_LOAD_LITERAL, _PAGE, _LOW12, _BRANCH19, _JUMP26, _CALL26, _ABSOLUTE64 = 273, 275, 277, 280, 282, 283, 257

Condition = Literal["eq", "ne", "hs", "lo", "mi", "pl", "vs", "vc", "hi", "ls", "ge", "lt", "gt", "le"]
_CONDITIONS = ("eq", "ne", "hs", "lo", "mi", "pl", "vs", "vc", "hi", "ls", "ge", "lt", "gt", "le")


@dataclass(frozen=True)
class Register:
    number: int
    stack: bool = False                 # number 31 is sp or zero, depending on the instruction


(X0, X1, X2, X3, X4, X5, X6, X7, X8, X9, X10, X11, X12, X13, X14, X15, X16, X17, X18, X19, X20, X21, X22, X23, X24, X25,
 X26, X27, X28, X29, X30) = (Register(n) for n in range(31))
FP, LR, XZR, SP = X29, X30, Register(31), Register(31, stack=True)

# op0, op1, CRn, CRm, op2 (Arm ARM, chapter D23).
SYSTEM_REGISTERS = {
    "currentel": (3, 0, 4, 2, 2), "spsel": (3, 0, 4, 2, 0), "daif": (3, 3, 4, 2, 1),
    "sp_el0": (3, 0, 4, 1, 0), "sp_el1": (3, 4, 4, 1, 0),
    "elr_el1": (3, 0, 4, 0, 1), "elr_el2": (3, 4, 4, 0, 1), "spsr_el1": (3, 0, 4, 0, 0), "spsr_el2": (3, 4, 4, 0, 0),
    "esr_el1": (3, 0, 5, 2, 0), "esr_el2": (3, 4, 5, 2, 0), "far_el1": (3, 0, 6, 0, 0), "far_el2": (3, 4, 6, 0, 0),
    "vbar_el1": (3, 0, 12, 0, 0), "vbar_el2": (3, 4, 12, 0, 0),
    "sctlr_el1": (3, 0, 1, 0, 0), "sctlr_el2": (3, 4, 1, 0, 0), "cpacr_el1": (3, 0, 1, 0, 2),
    "tcr_el1": (3, 0, 2, 0, 2), "ttbr0_el1": (3, 0, 2, 0, 0), "ttbr1_el1": (3, 0, 2, 0, 1),
    "mair_el1": (3, 0, 10, 2, 0), "par_el1": (3, 0, 7, 4, 0), "hcr_el2": (3, 4, 1, 1, 0),
    "cnthctl_el2": (3, 4, 14, 1, 0), "cntvoff_el2": (3, 4, 14, 0, 3),
    "tpidr_el0": (3, 3, 13, 0, 2), "tpidrro_el0": (3, 3, 13, 0, 3), "tpidr_el1": (3, 0, 13, 0, 4),
    "contextidr_el1": (3, 0, 13, 0, 1), "mpidr_el1": (3, 0, 0, 0, 5), "midr_el1": (3, 0, 0, 0, 0),
    "id_aa64mmfr0_el1": (3, 0, 0, 7, 0), "id_aa64pfr0_el1": (3, 0, 0, 4, 0),
    "cntfrq_el0": (3, 3, 14, 0, 0), "cntvct_el0": (3, 3, 14, 0, 2), "cntpct_el0": (3, 3, 14, 0, 1),
    "cntv_tval_el0": (3, 3, 14, 3, 0), "cntv_ctl_el0": (3, 3, 14, 3, 1), "cntv_cval_el0": (3, 3, 14, 3, 2),
    "cntp_tval_el0": (3, 3, 14, 2, 0), "cntp_ctl_el0": (3, 3, 14, 2, 1), "cntkctl_el1": (3, 0, 14, 1, 0),
}


class Code(_Code):
    """Code for aarch64."""

    machine = 183

    # -- memory; `offset` counts in bytes

    def ldr(self, to: Register, base: Register, offset: int = 0) -> Self:
        return self._access(0xF9400000, 3, to, base, offset)

    def str_(self, value: Register, base: Register, offset: int = 0) -> Self:
        return self._access(0xF9000000, 3, value, base, offset)

    def ldr32(self, to: Register, base: Register, offset: int = 0) -> Self:
        return self._access(0xB9400000, 2, to, base, offset)

    def str32(self, value: Register, base: Register, offset: int = 0) -> Self:
        return self._access(0xB9000000, 2, value, base, offset)

    def ldrb(self, to: Register, base: Register, offset: int = 0) -> Self:
        return self._access(0x39400000, 0, to, base, offset)

    def strb(self, value: Register, base: Register, offset: int = 0) -> Self:
        return self._access(0x39000000, 0, value, base, offset)

    def ldr_after(self, to: Register, base: Register, step: int) -> Self:
        """Load, then add to the base."""
        return self._after(0xF8400400, to, base, step)

    def str_after(self, value: Register, base: Register, step: int) -> Self:
        """Store, then add to the base."""
        return self._after(0xF8000400, value, base, step)

    def ldrb_after(self, to: Register, base: Register, step: int) -> Self:
        return self._after(0x38400400, to, base, step)

    def strb_after(self, value: Register, base: Register, step: int) -> Self:
        return self._after(0x38000400, value, base, step)

    def ldp(self, a: Register, b: Register, base: Register, offset: int = 0) -> Self:
        return self._pair(0xA9400000, a, b, base, offset)

    def stp(self, a: Register, b: Register, base: Register, offset: int = 0) -> Self:
        return self._pair(0xA9000000, a, b, base, offset)

    def ldp_after(self, a: Register, b: Register, base: Register, step: int) -> Self:
        """Load two, then add to the base."""
        return self._pair(0xA8C00000, a, b, base, step)

    def stp_before(self, a: Register, b: Register, base: Register, step: int) -> Self:
        """Add to the base, then store two."""
        return self._pair(0xA9800000, a, b, base, step)

    # -- arithmetic

    def mov(self, to: Register, value: Register | int) -> Self:
        if isinstance(value, Register):
            if to.stack or value.stack:
                return self.words(0x91000000 | value.number << 5 | to.number)
            return self.words(0xAA0003E0 | value.number << 16 | to.number)
        self._check(-1 << 63 <= value < 1 << 64, "mov", f"{value:#x} does not fit 64 bits")
        parts = [(half, value >> 16 * half & 0xFFFF) for half in range(4)]
        first, *rest = [part for part in parts if part[1]] or parts[:1]
        self.words(0xD2800000 | first[0] << 21 | first[1] << 5 | to.number)
        for half, bits in rest:
            self.words(0xF2800000 | half << 21 | bits << 5 | to.number)
        return self

    def add(self, to: Register, a: Register, b: Register | int) -> Self:
        return self._sum(0x91000000, 0x8B000000, to, a, b)

    def sub(self, to: Register, a: Register, b: Register | int) -> Self:
        return self._sum(0xD1000000, 0xCB000000, to, a, b)

    def cmp(self, a: Register, b: Register | int) -> Self:
        return self._sum(0xF1000000, 0xEB000000, XZR, a, b)

    def and_(self, to: Register, a: Register, b: Register) -> Self:
        return self.words(0x8A000000 | b.number << 16 | a.number << 5 | to.number)

    def orr(self, to: Register, a: Register, b: Register) -> Self:
        return self.words(0xAA000000 | b.number << 16 | a.number << 5 | to.number)

    def eor(self, to: Register, a: Register, b: Register) -> Self:
        return self.words(0xCA000000 | b.number << 16 | a.number << 5 | to.number)

    def mul(self, to: Register, a: Register, b: Register) -> Self:
        return self.words(0x9B007C00 | b.number << 16 | a.number << 5 | to.number)

    def lsr(self, to: Register, a: Register, count: int) -> Self:
        self._check(0 <= count < 64, "lsr", f"{count} is not within 64 bits")
        return self.words(0xD340FC00 | count << 16 | a.number << 5 | to.number)

    def lsl(self, to: Register, a: Register, count: int) -> Self:
        self._check(0 <= count < 64, "lsl", f"{count} is not within 64 bits")
        return self.words(0xD3400000 | (-count & 63) << 16 | 63 - count << 10 | a.number << 5 | to.number)

    # -- symbols

    def address(self, to: Register, name: object, displacement: int = 0) -> Self:
        """The address of a symbol, within 4 GiB."""
        self._fixup(_PAGE, name, displacement)
        self.words(0x90000000 | to.number)
        self._fixup(_LOW12, name, displacement)
        return self.words(0x91000000 | to.number << 5 | to.number)

    def pointer(self, name: object, displacement: int = 0) -> Self:
        """The address of a symbol, as data."""
        self._fixup(_ABSOLUTE64, name, displacement)
        return self._number(0, 8)

    # -- control flow

    def b(self, to: object) -> Self:
        self._fixup(_JUMP26, to)
        return self.words(0x14000000)

    def bl(self, to: object) -> Self:
        self._fixup(_CALL26, to)
        return self.words(0x94000000)

    def b_if(self, condition: Condition, to: object) -> Self:
        """`b.ne` and so on."""
        self._fixup(_BRANCH19, to)
        return self.words(0x54000000 | _CONDITIONS.index(condition))

    def cbz(self, a: Register, to: object) -> Self:
        self._fixup(_BRANCH19, to)
        return self.words(0xB4000000 | a.number)

    def cbnz(self, a: Register, to: object) -> Self:
        self._fixup(_BRANCH19, to)
        return self.words(0xB5000000 | a.number)

    def br(self, to: Register) -> Self:
        return self.words(0xD61F0000 | to.number << 5)

    def blr(self, to: Register) -> Self:
        return self.words(0xD63F0000 | to.number << 5)

    def ret(self) -> Self:
        return self.words(0xD65F03C0)

    def eret(self) -> Self:
        return self.words(0xD69F03E0)

    def svc(self, number: int = 0) -> Self:
        return self._exception(0xD4000001, number)

    def hvc(self, number: int = 0) -> Self:
        return self._exception(0xD4000002, number)

    def smc(self, number: int = 0) -> Self:
        return self._exception(0xD4000003, number)

    def brk(self, number: int = 0) -> Self:
        return self._exception(0xD4200000, number)

    def hlt(self, number: int = 0) -> Self:
        return self._exception(0xD4400000, number)

    # -- the machine

    def mrs(self, to: Register, register: str) -> Self:
        return self.words(0xD5200000 | self._system(register) << 5 | to.number)

    def msr(self, register: str, value: Register) -> Self:
        return self.words(0xD5000000 | self._system(register) << 5 | value.number)

    def daifset(self, bits: int) -> Self:
        """Mask: 8 debug, 4 system errors, 2 interrupts, 1 fast interrupts."""
        return self.words(0xD50340DF | bits << 8)

    def daifclr(self, bits: int) -> Self:
        return self.words(0xD50340FF | bits << 8)

    def isb(self) -> Self:
        return self.words(0xD5033FDF)

    def dsb(self) -> Self:
        """Of the whole system."""
        return self.words(0xD5033F9F)

    def dmb(self) -> Self:
        return self.words(0xD5033FBF)

    def tlbi_vmalle1(self) -> Self:
        return self.words(0xD508871F)

    def tlbi_vaae1(self, page: Register) -> Self:
        return self.words(0xD5088760 | page.number)

    def ic_iallu(self) -> Self:
        return self.words(0xD508751F)

    def wfi(self) -> Self:
        return self.words(0xD503207F)

    def wfe(self) -> Self:
        return self.words(0xD503205F)

    def nop(self) -> Self:
        return self.words(0xD503201F)

    # -- encoding

    def _access(self, opcode: int, scale: int, value: Register, base: Register, offset: int) -> Self:
        self._check(not offset % (1 << scale) and 0 <= offset >> scale < 4096, "load or store",
                    f"offset {offset} is no multiple of {1 << scale} below {4096 << scale}")
        return self.words(opcode | offset >> scale << 10 | base.number << 5 | value.number)

    def _after(self, opcode: int, value: Register, base: Register, step: int) -> Self:
        self._check(-256 <= step < 256, "load or store", f"step {step} does not fit 9 bits")
        return self.words(opcode | (step & 0x1FF) << 12 | base.number << 5 | value.number)

    def _pair(self, opcode: int, a: Register, b: Register, base: Register, offset: int) -> Self:
        self._check(not offset % 8 and -512 <= offset < 512, "load or store of two",
                    f"offset {offset} is no multiple of 8 from -512 to 504")
        return self.words(opcode | (offset // 8 & 0x7F) << 15 | b.number << 10 | base.number << 5 | a.number)

    def _sum(self, immediate: int, register: int, to: Register, a: Register, b: Register | int) -> Self:
        if isinstance(b, Register):
            self._check(not to.stack and not a.stack and not b.stack, "add or sub", "sp goes with a number alone")
            return self.words(register | b.number << 16 | a.number << 5 | to.number)
        self._check(0 <= b < 4096, "add or sub", f"{b} does not fit 12 bits")
        return self.words(immediate | b << 10 | a.number << 5 | to.number)

    def _exception(self, opcode: int, number: int) -> Self:
        self._check(0 <= number < 1 << 16, "exception", f"{number} does not fit 16 bits")
        return self.words(opcode | number << 5)

    def _system(self, name: str) -> int:
        self._check(name in SYSTEM_REGISTERS, "mrs or msr", f"unknown system register {name}")
        op0, op1, crn, crm, op2 = SYSTEM_REGISTERS[name]
        return op0 << 14 | op1 << 11 | crn << 7 | crm << 3 | op2
