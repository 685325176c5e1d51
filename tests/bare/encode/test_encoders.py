"""Encoders against the bytes of an assembler, and what they say of operands that do not exist.

The bytes in `golden/` come from LLVM's assembler; each line is an instruction as it is written in Python.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bare.encode import aarch64, code_for, riscv64, x86_64
from bare.encode.code import Code, EncodingError
from bare.target import TARGETS

GOLDEN = Path(__file__).parent / "golden"
ENCODERS = {"x86_64": x86_64, "aarch64": aarch64, "riscv64": riscv64}


@pytest.mark.parametrize("name", ENCODERS)
def test_each_instruction_has_the_bytes_that_an_assembler_gives_it(name: str) -> None:
    wrong = []
    lines = (GOLDEN / f"{name}.tsv").read_text().splitlines()[1:]
    for line in lines:
        expected, instruction, text = line.split("\t")
        code = code_for(TARGETS[name])
        eval(instruction, vars(ENCODERS[name]) | {"c": code})
        if code.fragment("x").data.hex() != expected:
            wrong.append(f"{text}: {code.fragment('x').data.hex()}, expected {expected}")
    assert not wrong
    assert len(lines) > 200


@pytest.mark.parametrize(("name", "module"), ENCODERS.items())
def test_each_instruction_is_among_those_that_are_checked(name: str, module: ModuleType) -> None:
    # References to symbols are checked by running programs; `li` and `mov` of numbers by the properties below.
    elsewhere = {"address", "pointer", "call", "tail", "j", "jmp", "ljmp", "lretq", "b", "bl", "b_if", "cbz", "cbnz",
                 "beq", "bne", "blt", "bge", "bltu", "bgeu"}
    instructions = {method for method in vars(module.Code) if not method.startswith("_") and method != "machine"}
    tested = {line.split("\t")[1].removeprefix("c.").partition("(")[0]
              for line in (GOLDEN / f"{name}.tsv").read_text().splitlines()[1:]}
    assert instructions - elsewhere <= tested


@given(st.integers(-1 << 63, (1 << 64) - 1))
def test_riscv64_puts_any_number_together(number: int) -> None:
    data = riscv64.Code().li(riscv64.T0, number).fragment("x").data
    value = 0
    for at in range(0, len(data), 4):
        word = int.from_bytes(data[at:at + 4], "little")
        immediate = _signed(word >> 20, 12)
        match word & 0x7F, word >> 12 & 7:
            case 0x37, _:
                value = _signed(word & 0xFFFFF000, 32)                          # lui
            case 0x1B, 0:
                value = _signed(value + immediate, 32)                          # addiw
            case 0x13, 0:
                value = (value if word >> 15 & 31 else 0) + immediate           # addi
            case 0x13, 1:
                value <<= immediate                                             # slli
            case other:
                pytest.fail(f"unexpected instruction {other}")
    assert (value - number) % (1 << 64) == 0


@given(st.integers(-1 << 63, (1 << 64) - 1))
def test_aarch64_puts_any_number_together(number: int) -> None:
    data = aarch64.Code().mov(aarch64.X5, number).fragment("x").data
    value = 0
    for at in range(0, len(data), 4):
        word = int.from_bytes(data[at:at + 4], "little")
        half, shift = word >> 5 & 0xFFFF, (word >> 21 & 3) * 16
        assert word & 31 == 5
        value = half << shift if word >> 23 == 0xD2800000 >> 23 else value & ~(0xFFFF << shift) | half << shift
    assert (value - number) % (1 << 64) == 0


def test_a_jump_finds_its_label_before_and_behind() -> None:
    code = x86_64.Code().label("start").nop().jmp("end").jmp("start").label("end").ret()
    assert code.fragment("x").data.hex(" ") == "90 e9 05 00 00 00 e9 f5 ff ff ff c3"


def test_what_is_no_label_is_left_to_the_linker() -> None:
    code = riscv64.Code().label("here").call("elsewhere").j("here")
    assert code.fragment("x").fixups == ((0, 18, "elsewhere", 0),)


def test_objects_are_named_by_whoever_knows_their_symbols() -> None:
    def handler() -> None: ...

    code = aarch64.Code().bl(handler).bl(handler).bl("plain")
    assert code.references() == [handler]
    fragment = code.fragment("x", lambda named: "main.handler" if named is handler else "unknown")
    assert fragment.references == {"main.handler", "plain"}
    with pytest.raises(EncodingError, match=r"handler.* has no symbol here: expected a string"):
        code.fragment("x")


REFUSED: dict[str, tuple[Callable[[], Code], str]] = {
    "sizes": (lambda: x86_64.Code().mov(x86_64.RAX, x86_64.EAX), "two registers: 32 and 64 bits differ"),
    "number": (lambda: x86_64.Code().mov(x86_64.EAX, 1 << 32), "mov: 0x100000000 does not fit 32 bits"),
    "sum": (lambda: x86_64.Code().add(x86_64.RAX, 1 << 31), "arithmetic: 0x80000000 does not fit 32 bits"),
    "stored": (lambda: x86_64.Code().store(x86_64.at(x86_64.RAX), 256, 8), "mov: 0x100 does not fit"),
    "index": (lambda: x86_64.Code().lea(x86_64.RAX, x86_64.at(x86_64.RAX, 0, x86_64.RSP)), "rsp is no index register"),
    "two in memory": (lambda: x86_64.Code().mov(x86_64.at(x86_64.RAX), x86_64.at(x86_64.RBX)),
                      "mov: expected a register on one side; what helps: store, for a number to memory"),
    "count": (lambda: x86_64.Code().shl(x86_64.EAX, 32), "shift: 32 is not within the 32 bits of the register"),
    "port": (lambda: x86_64.Code().in_(x86_64.BL), "in or out: expected al, ax or eax"),
    "twice": (lambda: x86_64.Code().label("a").label("a"), "label: a is defined twice"),
    "offset": (lambda: aarch64.Code().ldr(aarch64.X0, aarch64.X1, 4), "offset 4 is no multiple of 8 below 32768"),
    "pair": (lambda: aarch64.Code().stp(aarch64.X0, aarch64.X1, aarch64.SP, 512),
             "offset 512 is no multiple of 8 from -512 to 504"),
    "step": (lambda: aarch64.Code().ldrb_after(aarch64.X0, aarch64.X1, 256), "step 256 does not fit 9 bits"),
    "stack": (lambda: aarch64.Code().add(aarch64.X0, aarch64.SP, aarch64.X1), "sp goes with a number alone"),
    "twelve": (lambda: aarch64.Code().add(aarch64.X0, aarch64.X0, 4096), "add or sub: 4096 does not fit 12 bits"),
    "register": (lambda: aarch64.Code().mrs(aarch64.X0, "esr"), "unknown system register esr"),
    "immediate": (lambda: riscv64.Code().addi(riscv64.A0, riscv64.A0, 2048), "number: 2048 does not fit 12 bits"),
    "store": (lambda: riscv64.Code().sd(riscv64.A0, riscv64.SP, -2049), "store: offset -2049 does not fit 12 bits"),
    "csr": (lambda: riscv64.Code().csrr(riscv64.A0, "mstatus"), "unknown control and status register mstatus"),
    "fill": (lambda: riscv64.Code().data(b"ab").align(8, b"\x13\0\0\0"), "align: no number of"),
}


@pytest.mark.parametrize(("build", "complaint"), REFUSED.values(), ids=list(REFUSED))
def test_what_can_not_be_encoded_is_refused_with_the_reason(build: Callable[[], Code], complaint: str) -> None:
    with pytest.raises(EncodingError, match=complaint):
        build()


def test_the_32_bit_mode_has_no_64_bit_operands() -> None:
    code = x86_64.Code()
    code.bits = 32
    with pytest.raises(EncodingError, match="64-bit operands exist in 64-bit mode alone"):
        code.mov(x86_64.RAX, x86_64.RBX)


def _signed(value: int, bits: int) -> int:
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> bits - 1 else value
