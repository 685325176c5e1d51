"""riscv64: registers, and the instructions that kernels need beyond what a compiler emits.

Owns the encodings (RISC-V unprivileged specification chapters 2, 7 and 13, privileged specification). Destination
first, except for stores, which take the value first. No compressed instruction is emitted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from bare.encode.code import Code as _Code

# CALL fills an auipc and the immediate of the instruction behind it, whichever that is.
_BRANCH, _JAL, _CALL, _ABSOLUTE64 = 16, 17, 18, 2


@dataclass(frozen=True)
class Register:
    number: int


(ZERO, RA, SP, GP, TP, T0, T1, T2, S0, S1, A0, A1, A2, A3, A4, A5, A6, A7, S2, S3, S4, S5, S6, S7, S8, S9, S10, S11, T3,
 T4, T5, T6) = (Register(n) for n in range(32))
FP = S0

CSRS = {
    "sstatus": 0x100, "sie": 0x104, "stvec": 0x105, "scounteren": 0x106, "sscratch": 0x140, "sepc": 0x141,
    "scause": 0x142, "stval": 0x143, "sip": 0x144, "satp": 0x180, "cycle": 0xC00, "time": 0xC01, "instret": 0xC02,
    "hstatus": 0x600, "hgatp": 0x680, "vsstatus": 0x200, "vsepc": 0x241,
}


class Code(_Code):
    """Code for riscv64."""

    machine = 243

    # -- memory

    def ld(self, to: Register, base: Register, offset: int = 0) -> Self:
        return self._i(0x03, 3, to, base, offset)

    def lw(self, to: Register, base: Register, offset: int = 0) -> Self:
        return self._i(0x03, 2, to, base, offset)

    def lbu(self, to: Register, base: Register, offset: int = 0) -> Self:
        return self._i(0x03, 4, to, base, offset)

    def sd(self, value: Register, base: Register, offset: int = 0) -> Self:
        return self._s(3, value, base, offset)

    def sw(self, value: Register, base: Register, offset: int = 0) -> Self:
        return self._s(2, value, base, offset)

    def sb(self, value: Register, base: Register, offset: int = 0) -> Self:
        return self._s(0, value, base, offset)

    # -- arithmetic

    def mv(self, to: Register, value: Register) -> Self:
        return self.addi(to, value, 0)

    def li(self, to: Register, value: int) -> Self:
        """A number of up to 64 bits, in as many instructions as it takes."""
        self._check(-1 << 63 <= value < 1 << 64, "li", f"{value:#x} does not fit 64 bits")
        value = (value + (1 << 63)) % (1 << 64) - (1 << 63)
        low = (value + 0x800 & 0xFFF) - 0x800
        if -1 << 31 <= value < 1 << 31:
            upper = value - low >> 12 & 0xFFFFF
            if not upper:
                return self.addi(to, ZERO, low)
            self.words(upper << 12 | to.number << 7 | 0x37)                     # lui
            return self._i(0x1B, 0, to, to, low) if low else self               # addiw
        self.li(to, value - low >> 12).slli(to, to, 12)
        return self.addi(to, to, low) if low else self

    def addi(self, to: Register, a: Register, number: int) -> Self:
        return self._i(0x13, 0, to, a, number)

    def andi(self, to: Register, a: Register, number: int) -> Self:
        return self._i(0x13, 7, to, a, number)

    def ori(self, to: Register, a: Register, number: int) -> Self:
        return self._i(0x13, 6, to, a, number)

    def xori(self, to: Register, a: Register, number: int) -> Self:
        return self._i(0x13, 4, to, a, number)

    def slli(self, to: Register, a: Register, count: int) -> Self:
        self._check(0 <= count < 64, "slli", f"{count} is not within 64 bits")
        return self._i(0x13, 1, to, a, count)

    def srli(self, to: Register, a: Register, count: int) -> Self:
        self._check(0 <= count < 64, "srli", f"{count} is not within 64 bits")
        return self._i(0x13, 5, to, a, count)

    def add(self, to: Register, a: Register, b: Register) -> Self:
        return self._r(0, 0, to, a, b)

    def sub(self, to: Register, a: Register, b: Register) -> Self:
        return self._r(0x20, 0, to, a, b)

    def and_(self, to: Register, a: Register, b: Register) -> Self:
        return self._r(0, 7, to, a, b)

    def or_(self, to: Register, a: Register, b: Register) -> Self:
        return self._r(0, 6, to, a, b)

    def xor(self, to: Register, a: Register, b: Register) -> Self:
        return self._r(0, 4, to, a, b)

    def mul(self, to: Register, a: Register, b: Register) -> Self:
        return self._r(1, 0, to, a, b)

    # -- symbols

    def address(self, to: Register, name: object, displacement: int = 0) -> Self:
        """The address of a symbol, within 2 GiB."""
        self._fixup(_CALL, name, displacement)
        return self.words(to.number << 7 | 0x17).addi(to, to, 0)

    def pointer(self, name: object, displacement: int = 0) -> Self:
        """The address of a symbol, as data."""
        self._fixup(_ABSOLUTE64, name, displacement)
        return self._number(0, 8)

    # -- control flow

    def call(self, to: object) -> Self:
        self._fixup(_CALL, to)
        return self.words(RA.number << 7 | 0x17).jalr(RA, RA)

    def tail(self, to: object) -> Self:
        """A jump of any distance, by way of t1."""
        self._fixup(_CALL, to)
        return self.words(T1.number << 7 | 0x17).jalr(ZERO, T1)

    def j(self, to: object) -> Self:
        """A jump within 1 MiB."""
        self._fixup(_JAL, to)
        return self.words(0x6F)

    def jalr(self, link: Register, to: Register, offset: int = 0) -> Self:
        return self._i(0x67, 0, link, to, offset)

    def ret(self) -> Self:
        return self.jalr(ZERO, RA)

    def beq(self, a: Register, b: Register, to: object) -> Self:
        return self._b(0, a, b, to)

    def bne(self, a: Register, b: Register, to: object) -> Self:
        return self._b(1, a, b, to)

    def blt(self, a: Register, b: Register, to: object) -> Self:
        return self._b(4, a, b, to)

    def bge(self, a: Register, b: Register, to: object) -> Self:
        return self._b(5, a, b, to)

    def bltu(self, a: Register, b: Register, to: object) -> Self:
        return self._b(6, a, b, to)

    def bgeu(self, a: Register, b: Register, to: object) -> Self:
        return self._b(7, a, b, to)

    def ecall(self) -> Self:
        return self.words(0x00000073)

    def ebreak(self) -> Self:
        return self.words(0x00100073)

    def sret(self) -> Self:
        return self.words(0x10200073)

    # -- the machine

    def csrr(self, to: Register, csr: str) -> Self:
        return self._csr(2, to, csr, ZERO.number)

    def csrw(self, csr: str, value: Register) -> Self:
        return self._csr(1, ZERO, csr, value.number)

    def csrrw(self, to: Register, csr: str, value: Register) -> Self:
        """Exchange."""
        return self._csr(1, to, csr, value.number)

    def csrs(self, csr: str, bits: Register) -> Self:
        """Set the bits."""
        return self._csr(2, ZERO, csr, bits.number)

    def csrc(self, csr: str, bits: Register) -> Self:
        """Clear the bits."""
        return self._csr(3, ZERO, csr, bits.number)

    def csrsi(self, csr: str, bits: int) -> Self:
        return self._csr(6, ZERO, csr, bits)

    def csrci(self, csr: str, bits: int) -> Self:
        return self._csr(7, ZERO, csr, bits)

    def sfence_vma(self, address: Register = ZERO, space: Register = ZERO) -> Self:
        return self.words(0x12000073 | space.number << 20 | address.number << 15)

    def fence(self) -> Self:
        return self.words(0x0FF0000F)

    def fence_i(self) -> Self:
        return self.words(0x0000100F)

    def wfi(self) -> Self:
        return self.words(0x10500073)

    def nop(self) -> Self:
        return self.words(0x00000013)

    # -- encoding

    def _i(self, opcode: int, function: int, to: Register, a: Register, number: int) -> Self:
        self._check(-2048 <= number < 2048, "number", f"{number} does not fit 12 bits")
        return self.words((number & 0xFFF) << 20 | a.number << 15 | function << 12 | to.number << 7 | opcode)

    def _s(self, function: int, value: Register, base: Register, offset: int) -> Self:
        self._check(-2048 <= offset < 2048, "store", f"offset {offset} does not fit 12 bits")
        return self.words((offset >> 5 & 0x7F) << 25 | value.number << 20 | base.number << 15 | function << 12
                          | (offset & 31) << 7 | 0x23)

    def _r(self, upper: int, function: int, to: Register, a: Register, b: Register) -> Self:
        return self.words(upper << 25 | b.number << 20 | a.number << 15 | function << 12 | to.number << 7 | 0x33)

    def _b(self, function: int, a: Register, b: Register, to: object) -> Self:
        self._fixup(_BRANCH, to)
        return self.words(b.number << 20 | a.number << 15 | function << 12 | 0x63)

    def _csr(self, function: int, to: Register, csr: str, source: int) -> Self:
        self._check(csr in CSRS, "csr", f"unknown control and status register {csr}")
        self._check(0 <= source < 32, "csr", f"{source} does not fit 5 bits")
        return self.words(CSRS[csr] << 20 | source << 15 | function << 12 | to.number << 7 | 0x73)
