"""x86_64: how operands become bytes (Intel SDM volume 2, chapter 2).

Owns the operands and the forms that instructions share: prefixes, ModRM, SIB, displacement, immediate. Which
instruction has which opcode is in `x86_64`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from bare.encode.code import Code

ABSOLUTE32, RELATIVE32, ABSOLUTE64 = 10, 2, 1           # relocation types


@dataclass(frozen=True)
class Register:
    """A general-purpose register, or a part of it."""

    number: int
    bits: int


@dataclass(frozen=True)
class Segment:
    number: int


@dataclass(frozen=True)
class Control:
    number: int


@dataclass(frozen=True)
class Memory:
    """What is at base + index * scale + displacement, or at a symbol: relative to rip in 64-bit mode, else absolute."""

    base: Register | None = None
    displacement: int = 0
    index: Register | None = None
    scale: int = 1
    symbol: object = None
    segment: Segment | None = None      # whose base is added: fs or gs


class Form(Code):
    """Code whose instructions are put together from operands; `bits` is the mode that the processor is in."""

    machine = 62

    def __init__(self) -> None:
        super().__init__()
        self.bits = 64

    def _arithmetic(self, number: int, to: Register | Memory, value: Register | Memory | int) -> Self:
        if isinstance(value, Register):
            return self._two(number * 8, value, to)
        if isinstance(value, Memory):
            self._check(isinstance(to, Register), "arithmetic", "expected a register on one side")
            assert isinstance(to, Register)
            return self._two(number * 8 + 2, to, value)
        bits = to.bits if isinstance(to, Register) else self.bits
        low = -1 << min(bits, 32) - 1
        self._check(low <= value < (-low if bits == 64 else -2 * low), "arithmetic",
                    f"{value:#x} does not fit {min(bits, 32)} bits")
        size = 1 if bits == 8 or -128 <= value < 128 else min(bits // 8, 4)
        if isinstance(to, Register) and to.number == 0 and (size > 1 or bits == 8):     # the accumulator's short form
            self._prefixes(bits, 0, 0, 0)
            self.data(bytes([number * 8 + 4 + (bits > 8)]))
        else:
            opcode = 0x80 if bits == 8 else 0x83 if size == 1 else 0x81
            self._instruction(bytes([opcode]), number, to, bits, after=size)
        return self._number(value, size)

    def _shift(self, number: int, to: Register, count: int) -> Self:
        self._check(0 <= count < to.bits, "shift", f"{count} is not within the {to.bits} bits of the register")
        wide = to.bits > 8
        if count == 1:
            return self._instruction(bytes([0xD0 + wide]), number, to, to.bits)
        return self._instruction(bytes([0xC0 + wide]), number, to, to.bits, after=1)._number(count, 1)

    def _two(self, opcode: int, register: Register, other: Register | Memory) -> Self:
        """The form for two operands of one size, of which one is a register."""
        if isinstance(other, Register):
            self._check(register.bits == other.bits, "two registers", f"{register.bits} and {other.bits} bits differ")
        return self._instruction(bytes([opcode | (register.bits > 8)]), register, other, register.bits)

    def _immediate(self, to: Register, value: int) -> Self:
        """mov of a number."""
        self._check(-1 << to.bits - 1 <= value < 1 << to.bits, "mov", f"{value:#x} does not fit {to.bits} bits")
        if to.bits == 64 and -1 << 31 <= value < 1 << 31:
            return self._instruction(b"\xc7", 0, to, 64, after=4)._number(value, 4)
        self._prefixes(to.bits, 0, 0, to.number, _needs_rex(to))
        self.data(bytes([(0xB0 if to.bits == 8 else 0xB8) + (to.number & 7)]))
        return self._number(value, to.bits // 8)

    def _control(self, opcode: int, control: Control, register: Register) -> Self:
        self._prefixes(0, control.number, 0, register.number)
        return self.data(bytes([0x0F, opcode, 0xC0 | (control.number & 7) << 3 | register.number & 7]))

    def _transfer(self, near: bytes, number: int, to: object) -> Self:
        """A jump or a call: to what a register or memory holds, else to a name."""
        if isinstance(to, Register | Memory):
            return self._instruction(b"\xff", number, to, 0)
        return self.data(near)._relative(to)

    def _relative(self, name: object) -> Self:
        self._fixup(RELATIVE32, name, -4)
        return self._number(0, 4)

    def _instruction(self, opcode: bytes, register: Register | int, operand: Register | Memory, bits: int, *,
                     after: int = 0, rex: bool = False) -> Self:
        """Prefixes, opcode and operands.

        `bits` 0 is a size that needs no prefix; `after` bytes follow; `rex` asks for that prefix.
        `register` is the operand in the reg field, or an extension of the opcode.
        """
        if isinstance(operand, Memory) and operand.segment is not None:
            self._check(operand.segment.number in (4, 5), "memory", "expected fs or gs")
            self.data(bytes([0x60 + operand.segment.number]))
        field = register if isinstance(register, int) else register.number
        rex |= isinstance(register, Register) and _needs_rex(register)
        if isinstance(operand, Register):
            self._prefixes(bits, field, 0, operand.number, rex or (bits > 0 and _needs_rex(operand)))
            return self.data(opcode + bytes([0xC0 | (field & 7) << 3 | operand.number & 7]))
        self._prefixes(bits, field, operand.index.number if operand.index else 0,
                       operand.base.number if operand.base else 0, rex)
        return self.data(opcode)._memory(field & 7, operand, after)

    def _prefixes(self, bits: int, register: int, index: int, base: int, rex: bool = False) -> None:
        """The operand size and REX prefixes that an instruction needs."""
        if bits == 16:
            self.data(b"\x66")
        extension = (bits == 64) << 3 | register >> 3 << 2 | index >> 3 << 1 | base >> 3
        if self.bits != 64:
            self._check(not extension, "operand", "64-bit operands exist in 64-bit mode alone")
        elif extension or rex:
            self.data(bytes([0x40 | extension]))

    def _memory(self, field: int, operand: Memory, after: int) -> Self:
        """ModRM, SIB and displacement (section 2.1.5)."""
        base, displacement = operand.base, operand.displacement
        self._check(-1 << 31 <= displacement < 1 << 31, "memory", f"displacement {displacement:#x} exceeds 32 bits")
        if operand.symbol is not None:
            self._check(base is None and operand.index is None, "memory", "a symbol goes without registers")
            self.data(bytes([field << 3 | 5]))
            if self.bits == 64:
                self._fixup(RELATIVE32, operand.symbol, displacement - 4 - after)
            else:
                self._fixup(ABSOLUTE32, operand.symbol, displacement)
            return self._number(0, 4)
        if base is None:
            self._check(operand.index is None, "memory", "expected a base register")
            absolute = [field << 3 | 4, 0x25] if self.bits == 64 else [field << 3 | 5]
            return self.data(bytes(absolute))._number(displacement, 4)
        # rbp and r13 without displacement mean something else.
        size = 0 if displacement == 0 and base.number & 7 != 5 else 1 if -128 <= displacement < 128 else 4
        mode = {0: 0, 1: 0x40, 4: 0x80}[size] | field << 3
        if operand.index is not None or base.number & 7 == 4:
            self._check(operand.index is None or operand.index.number != 4, "memory", "rsp is no index register")
            index = operand.index.number & 7 if operand.index else 4
            scale = {1: 0, 2: 0x40, 4: 0x80, 8: 0xC0}[operand.scale]
            self.data(bytes([mode | 4, scale | index << 3 | base.number & 7]))
        else:
            self.data(bytes([mode | base.number & 7]))
        return self._number(displacement, size)


def _needs_rex(register: Register) -> bool:
    """spl, bpl, sil and dil: without a REX prefix their numbers mean ah, ch, dh and bh."""
    return register.bits == 8 and register.number > 3
