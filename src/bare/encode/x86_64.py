"""x86_64: registers, and the instructions that kernels need beyond what a compiler emits.

Owns the opcodes (Intel SDM volume 2, AMD APM volume 3), in 64-bit mode and, for the first instructions after reset, in
32-bit mode. Names are Intel's, with an underscore where Python has a keyword; destination first. How operands are
encoded is in `x86_form`.
"""

from __future__ import annotations

from typing import Literal, Self

from bare.encode.x86_form import ABSOLUTE32, ABSOLUTE64, Control, Form, Memory, Register, Segment

Condition = Literal["o", "no", "b", "ae", "e", "ne", "be", "a", "s", "ns", "p", "np", "l", "ge", "le", "g"]
_CONDITIONS = ("o", "no", "b", "ae", "e", "ne", "be", "a", "s", "ns", "p", "np", "l", "ge", "le", "g")

RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15 = (Register(n, 64) for n in range(16))
EAX, ECX, EDX, EBX, ESP, EBP, ESI, EDI = (Register(n, 32) for n in range(8))
R8D, R9D, R10D, R11D, R12D, R13D, R14D, R15D = (Register(n, 32) for n in range(8, 16))
AX, CX, DX, BX, SP, BP, SI, DI = (Register(n, 16) for n in range(8))
AL, CL, DL, BL, SPL, BPL, SIL, DIL = (Register(n, 8) for n in range(8))
ES, CS, SS, DS, FS, GS = (Segment(n) for n in range(6))
CR0, CR2, CR3, CR4, CR8 = (Control(n) for n in (0, 2, 3, 4, 8))


def at(base: Register, displacement: int = 0, index: Register | None = None, scale: int = 1) -> Memory:
    """Memory at base + index * scale + displacement."""
    return Memory(base, displacement, index, scale)


def within(segment: Segment, displacement: int) -> Memory:
    """Memory at an offset in fs or gs."""
    return Memory(displacement=displacement, segment=segment)


def symbol(name: object, displacement: int = 0) -> Memory:
    """Memory at a symbol."""
    return Memory(symbol=name, displacement=displacement)


class Code(Form):
    """Code for x86_64."""

    # -- data

    def mov(self, to: Register | Memory | Control | Segment, value: Register | Memory | Control | int) -> Self:
        """Between registers, memory, control and segment registers, and of a number to a register."""
        if isinstance(to, Control) and isinstance(value, Register):
            return self._control(0x22, to, value)
        if isinstance(to, Register) and isinstance(value, Control):
            return self._control(0x20, value, to)
        if isinstance(to, Segment) and isinstance(value, Register):
            return self.data(bytes([0x8E, 0xC0 | to.number << 3 | value.number]))
        if isinstance(to, Register) and isinstance(value, int):
            return self._immediate(to, value)
        if isinstance(to, Register) and isinstance(value, Memory):
            return self._two(0x8A, to, value)
        self._check(isinstance(to, Register | Memory) and isinstance(value, Register), "mov",
                    "expected a register on one side; what helps: store, for a number to memory")
        assert isinstance(to, Register | Memory) and isinstance(value, Register)
        return self._two(0x88, value, to)

    def store(self, to: Memory, value: int, bits: int) -> Self:
        """mov of a number to memory."""
        low = -1 << min(bits, 32) - 1
        self._check(low <= value < (-low if bits == 64 else -2 * low), "mov", f"{value:#x} does not fit")
        size = min(bits // 8, 4)
        return self._instruction(b"\xc6" if bits == 8 else b"\xc7", 0, to, bits, after=size)._number(value, size)

    def address(self, to: Register, name: object, displacement: int = 0) -> Self:
        """The address of a symbol, to a register of the size that the mode has."""
        if self.bits == 64:
            return self.lea(to, symbol(name, displacement))
        self.data(bytes([0xB8 + to.number]))
        self._fixup(ABSOLUTE32, name, displacement)
        return self._number(0, 4)

    def pointer(self, name: object, displacement: int = 0, bits: int = 64) -> Self:
        """The address of a symbol, as data."""
        self._fixup(ABSOLUTE64 if bits == 64 else ABSOLUTE32, name, displacement)
        return self._number(0, bits // 8)

    def lea(self, to: Register, of: Memory) -> Self:
        return self._instruction(b"\x8d", to, of, to.bits)

    def xchg(self, a: Register | Memory, b: Register) -> Self:
        return self._two(0x86, b, a)

    def push(self, what: Register | Memory | int) -> Self:
        if isinstance(what, int):
            short = -128 <= what < 128
            return self.data(b"\x6a" if short else b"\x68")._number(what, 1 if short else 4)
        if isinstance(what, Memory):
            return self._instruction(b"\xff", 6, what, 0)
        return self.data((b"\x41" if what.number > 7 else b"") + bytes([0x50 + (what.number & 7)]))

    def pop(self, to: Register | Memory) -> Self:
        if isinstance(to, Memory):
            return self._instruction(b"\x8f", 0, to, 0)
        return self.data((b"\x41" if to.number > 7 else b"") + bytes([0x58 + (to.number & 7)]))

    # -- arithmetic

    def add(self, to: Register | Memory, value: Register | Memory | int) -> Self:
        return self._arithmetic(0, to, value)

    def or_(self, to: Register | Memory, value: Register | Memory | int) -> Self:
        return self._arithmetic(1, to, value)

    def and_(self, to: Register | Memory, value: Register | Memory | int) -> Self:
        return self._arithmetic(4, to, value)

    def sub(self, to: Register | Memory, value: Register | Memory | int) -> Self:
        return self._arithmetic(5, to, value)

    def xor(self, to: Register | Memory, value: Register | Memory | int) -> Self:
        return self._arithmetic(6, to, value)

    def cmp(self, to: Register | Memory, value: Register | Memory | int) -> Self:
        return self._arithmetic(7, to, value)

    def test(self, a: Register | Memory, b: Register) -> Self:
        return self._two(0x84, b, a)

    def shl(self, to: Register, count: int) -> Self:
        return self._shift(4, to, count)

    def shr(self, to: Register, count: int) -> Self:
        return self._shift(5, to, count)

    def imul(self, to: Register, by: Register | Memory) -> Self:
        return self._instruction(b"\x0f\xaf", to, by, to.bits)

    def movzx(self, to: Register, byte: Register | Memory) -> Self:
        """A byte, extended with zeros."""
        rex = isinstance(byte, Register) and byte.number > 3
        return self._instruction(b"\x0f\xb6", to, byte, to.bits, rex=rex)

    def inc(self, to: Register) -> Self:
        return self._instruction(b"\xfe" if to.bits == 8 else b"\xff", 0, to, to.bits)

    def dec(self, to: Register) -> Self:
        return self._instruction(b"\xfe" if to.bits == 8 else b"\xff", 1, to, to.bits)

    # -- control flow

    def jmp(self, to: object) -> Self:
        """To a name, or to what a register or memory holds."""
        return self._transfer(b"\xe9", 4, to)

    def call(self, to: object) -> Self:
        """A name, or what a register or memory holds."""
        return self._transfer(b"\xe8", 2, to)

    def j(self, condition: Condition, to: object) -> Self:
        """A conditional jump: `j("ne", "loop")`."""
        return self.data(bytes([0x0F, 0x80 + _CONDITIONS.index(condition)]))._relative(to)

    def ljmp(self, selector: int, to: object) -> Self:
        """A jump to another code segment, in 32-bit mode."""
        return self.data(b"\xea").pointer(to, bits=32)._number(selector, 2)

    def ret(self) -> Self:
        return self.data(b"\xc3")

    def lretq(self) -> Self:
        return self.data(b"\x48\xcb")

    def iretq(self) -> Self:
        return self.data(b"\x48\xcf")

    def syscall(self) -> Self:
        return self.data(b"\x0f\x05")

    def sysretq(self) -> Self:
        return self.data(b"\x48\x0f\x07")

    def int3(self) -> Self:
        return self.data(b"\xcc")

    def int_(self, vector: int) -> Self:
        return self.data(bytes([0xCD, vector]))

    def ud2(self) -> Self:
        return self.data(b"\x0f\x0b")

    # -- strings, in the direction of the D flag

    def rep_movsb(self) -> Self:
        return self.data(b"\xf3\xa4")

    def rep_movsq(self) -> Self:
        return self.data(b"\xf3\x48\xa5")

    def rep_stosb(self) -> Self:
        return self.data(b"\xf3\xaa")

    def rep_stosq(self) -> Self:
        return self.data(b"\xf3\x48\xab")

    def cld(self) -> Self:
        return self.data(b"\xfc")

    def std(self) -> Self:
        return self.data(b"\xfd")

    # -- the machine

    def cli(self) -> Self:
        return self.data(b"\xfa")

    def sti(self) -> Self:
        return self.data(b"\xfb")

    def hlt(self) -> Self:
        return self.data(b"\xf4")

    def pause(self) -> Self:
        return self.data(b"\xf3\x90")

    def nop(self) -> Self:
        return self.data(b"\x90")

    def mfence(self) -> Self:
        return self.data(b"\x0f\xae\xf0")

    def pushfq(self) -> Self:
        return self.data(b"\x9c")

    def popfq(self) -> Self:
        return self.data(b"\x9d")

    def cpuid(self) -> Self:
        return self.data(b"\x0f\xa2")

    def rdtsc(self) -> Self:
        return self.data(b"\x0f\x31")

    def rdmsr(self) -> Self:
        return self.data(b"\x0f\x32")

    def wrmsr(self) -> Self:
        return self.data(b"\x0f\x30")

    def swapgs(self) -> Self:
        return self.data(b"\x0f\x01\xf8")

    def clac(self) -> Self:
        return self.data(b"\x0f\x01\xca")

    def stac(self) -> Self:
        return self.data(b"\x0f\x01\xcb")

    def wbinvd(self) -> Self:
        return self.data(b"\x0f\x09")

    def clts(self) -> Self:
        return self.data(b"\x0f\x06")

    def in_(self, to: Register) -> Self:
        """From the port in dx, to al, ax or eax."""
        return self._port(0xEC, to)

    def out(self, value: Register) -> Self:
        """al, ax or eax to the port in dx."""
        return self._port(0xEE, value)

    def lgdt(self, of: Memory) -> Self:
        return self._instruction(b"\x0f\x01", 2, of, 0)

    def lidt(self, of: Memory) -> Self:
        return self._instruction(b"\x0f\x01", 3, of, 0)

    def ltr(self, selector: Register) -> Self:
        return self._instruction(b"\x0f\x00", 3, selector, 0)

    def invlpg(self, of: Memory) -> Self:
        return self._instruction(b"\x0f\x01", 7, of, 0)

    def fxsave(self, to: Memory) -> Self:
        return self._instruction(b"\x0f\xae", 0, to, 0)

    def fxrstor(self, of: Memory) -> Self:
        return self._instruction(b"\x0f\xae", 1, of, 0)

    def _port(self, opcode: int, register: Register) -> Self:
        self._check(register.number == 0 and register.bits < 64, "in or out", "expected al, ax or eax")
        return self.data(b"\x66" * (register.bits == 16) + bytes([opcode + (register.bits > 8)]))
