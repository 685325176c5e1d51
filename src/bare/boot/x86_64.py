"""x86_64: from the 32-bit mode of PVH and multiboot to 64-bit mode with the first 4 GiB mapped one to one.

Owns the headers by which loaders recognise a kernel (PVH: Xen's arch-x86/hvm/start_info.h; multiboot 0.6.96 section
3.1; multiboot2 2.0 section 3.1) and the first page tables. The program's entry gets what the loader left in eax and
ebx: multiboot's magic number and its information, or with PVH something undefined and the start info.
"""

from __future__ import annotations

import struct

from bare.encode.x86_64 import (
    AX,
    CR0,
    CR3,
    CR4,
    DS,
    EAX,
    EBP,
    EBX,
    ECX,
    EDI,
    EDX,
    ES,
    ESI,
    ESP,
    FS,
    GS,
    R8,
    R8D,
    RAX,
    RCX,
    RDI,
    RDX,
    RSI,
    SIL,
    SS,
    Code,
    at,
    symbol,
)
from bare.link.object import Fragment

BASE = 0x100000
_STACK = 64 * 1024
_TABLES, _PAGE = "bare_boot_tables", 4096
_EXIT_PORT = 0xF4                       # QEMU's isa-debug-exit
_EFER = 0xC0000080
_LONG_MODE, _NO_EXECUTE = 1 << 8, 1 << 11


def fragments() -> list[Fragment]:
    return [
        _headers(), _note(), _start(),
        Fragment("bare_boot_stack", b"", 16, ".bss", {}, zero=_STACK),
        Fragment(_TABLES, b"", _PAGE, ".bss", {}, zero=6 * _PAGE),
        _gdt(), _power_off(), _memcpy(), _memmove(), _memset(), _memcmp(),
    ]


def _headers() -> Fragment:
    """Multiboot 1, with addresses as its loaders do not read 64-bit ELF, and multiboot 2 with the entry's address."""
    magic, flags = 0x1BADB002, 0x00010003
    code = Code()
    code.words(magic, flags, -(magic + flags)).pointer("bare_boot_headers", bits=32)
    code.pointer("bare_image_start", bits=32).pointer("bare_loaded_end", bits=32)
    code.pointer("bare_image_end", bits=32).pointer("bare_start", bits=32)
    magic, length = 0xE85250D6, 40
    code.words(magic, 0, length, -(magic + length))
    code.data(struct.pack("<HHI", 3, 0, 12)).pointer("bare_start", bits=32).words(0)
    code.data(struct.pack("<HHI", 0, 0, 8))
    return code.fragment("bare_boot_headers", section=".boot.headers", align=8)


def _note() -> Fragment:
    """XEN_ELFNOTE_PHYS32_ENTRY."""
    return Code().words(4, 8, 18).data(b"Xen\0").pointer("bare_start").fragment(
        "bare_boot_note", section=".note.Xen", align=4)


def _start() -> Fragment:
    code = Code()
    code.bits = 32
    code.cli().cld().address(ESP, "bare_boot_stack", _STACK).mov(EBP, EAX)
    # Four tables of 512 pages of 2 MiB each; the upper halves of all entries are zero.
    code.address(EDI, _TABLES, 2 * _PAGE).mov(EAX, 0x83).mov(ECX, 2048)
    code.label("page").mov(at(EDI), EAX).add(EAX, 0x200000).add(EDI, 8).dec(ECX).j("ne", "page")
    for number in range(4):
        code.address(EAX, _TABLES, (2 + number) * _PAGE + 3).mov(symbol(_TABLES, _PAGE + 8 * number), EAX)
    code.address(EAX, _TABLES, _PAGE + 3).mov(symbol(_TABLES), EAX)
    code.address(EAX, _TABLES).mov(CR3, EAX)
    code.mov(EAX, CR4).or_(EAX, 1 << 5).mov(CR4, EAX)                           # physical address extension
    code.mov(ECX, _EFER).rdmsr().or_(EAX, _LONG_MODE | _NO_EXECUTE).wrmsr()
    code.mov(EAX, CR0).or_(EAX, 1 << 31 | 1 << 16 | 1).mov(CR0, EAX)            # paging, write protection
    code.lgdt(symbol("bare_boot_gdt", 24)).ljmp(8, "bare_boot_long_mode")
    code.export("bare_boot_long_mode").bits = 64
    code.mov(EAX, 16).mov(DS, AX).mov(ES, AX).mov(SS, AX).xor(EAX, EAX).mov(FS, AX).mov(GS, AX)
    code.mov(EDI, EBP).mov(ESI, EBX).xor(EBP, EBP)
    code.call("bare_entry").xor(EDI, EDI).call("bare_power_off").ud2()
    return code.fragment("bare_start", section=".boot")


def _gdt() -> Fragment:
    """Null, 64-bit code, data; and what `lgdt` reads."""
    return Code().data(struct.pack("<QQQH", 0, 0x00AF9A000000FFFF, 0x00CF92000000FFFF, 23)).pointer(
        "bare_boot_gdt").fragment("bare_boot_gdt", section=".data", align=8)


def _power_off() -> Fragment:
    """void bare_power_off(u64 status), from 0 to 126: one more is written, as QEMU's exit code must not be 1."""
    return Code().lea(EAX, at(RDI, 1)).mov(EDX, _EXIT_PORT).out(EAX).cli().label("end").hlt().jmp("end").fragment(
        "bare_power_off")


def _memcpy() -> Fragment:
    return Code().mov(RAX, RDI).mov(RCX, RDX).shr(RCX, 3).rep_movsq().mov(ECX, EDX).and_(ECX, 7).rep_movsb().ret(
        ).fragment("memcpy")


def _memmove() -> Fragment:
    """Backwards if the destination begins within the source."""
    code = Code().mov(RAX, RDI).sub(RAX, RSI).cmp(RAX, RDX).j("ae", "memcpy")
    code.mov(RAX, RDI).lea(RDI, at(RDI, -1, RDX)).lea(RSI, at(RSI, -1, RDX)).mov(RCX, RDX)
    return code.std().rep_movsb().cld().ret().fragment("memmove")


def _memset() -> Fragment:
    code = Code().movzx(EAX, SIL).mov(R8, 0x0101010101010101).imul(RAX, R8).mov(R8, RDI)
    code.mov(RCX, RDX).shr(RCX, 3).rep_stosq().mov(ECX, EDX).and_(ECX, 7).rep_stosb()
    return code.mov(RAX, R8).ret().fragment("memset")


def _memcmp() -> Fragment:
    """The difference of the first two bytes that differ."""
    code = Code().xor(ECX, ECX)
    code.label("next").cmp(RCX, RDX).j("e", "same").movzx(EAX, at(RDI, 0, RCX)).movzx(R8D, at(RSI, 0, RCX)).inc(RCX)
    code.sub(EAX, R8D).j("e", "next").ret()
    return code.label("same").xor(EAX, EAX).ret().fragment("memcmp")


