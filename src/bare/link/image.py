"""The finished program: its bytes at their addresses, as an ELF executable or as a flat image.

Owns the file formats. All that a file says follows from the program alone, so that the same input gives the same bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bare.link.layout import PAGE, Kind, Placed, align
from bare.link.object import Symbol

_EXECUTABLE = 2
_LOAD, _NOTE_SEGMENT = 1, 4
_PROGBITS, _SYMTAB, _STRTAB, _NOBITS = 1, 2, 3, 8


@dataclass(frozen=True)
class Image:
    """A linked program. Addresses are physical and virtual alike."""

    machine: int
    base: int
    entry: int
    end: int                            # first address after what is zero at start
    body: bytes                         # from `base` on
    symbols: Mapping[str, int]          # names that are visible to all
    placed: Sequence[Placed]
    named: Sequence[tuple[Symbol, int, Kind]]                       # all symbols in the image, with address
    debug: Mapping[str, bytes]          # sections that are not loaded

    def flat(self) -> bytes:
        """The bytes to be copied to `base`; as much as `end` says has to be cleared behind them."""
        return self.body

    def elf(self) -> bytes:
        """An ELF executable that QEMU, boot loaders and gdb read; the flat image is inside, from offset 4096 on."""
        return _elf(self)


def _elf(image: Image) -> bytes:
    headers = _segments(image)
    symbols, names, locals_ = _symbol_table(image)
    sections: list[tuple[str, int, int, int, bytes, int, int, int, int]] = []
    for kind in Kind:
        inside = [each for each in image.placed if each.kind is kind]
        if inside:
            flags = 2 | (1 if kind.access & 2 else 0) | (4 if kind.access & 1 else 0)
            type_ = _NOBITS if kind is Kind.BSS else _PROGBITS
            sections.append((kind.section, type_, flags, inside[0].address, b"",
                             inside[-1].end - inside[0].address, 0, 0, PAGE))
    sections += [(name, _PROGBITS, 0, 0, data, len(data), 0, 0, 1) for name, data in image.debug.items()]
    strings = len(sections) + 2
    sections += [(".symtab", _SYMTAB, 0, 0, symbols, len(symbols), strings, locals_, 8),
                 (".strtab", _STRTAB, 0, 0, names, len(names), 0, 0, 1)]
    text = b"\0" + b"".join(name.encode() + b"\0" for name, *_ in sections) + b".shstrtab\0"
    sections.append((".shstrtab", _STRTAB, 0, 0, text, len(text), 0, 0, 1))

    file = bytearray(headers.ljust(PAGE, b"\0") + image.body)
    table = bytearray(64)
    for name, type_, flags, address, data, size, link, info, alignment in sections:
        file += bytes(align(len(file), 8) - len(file))
        offset = PAGE + min(address - image.base, len(image.body)) if flags else len(file)
        table += struct.pack("<IIQQQQIIQQ", text.index(b"\0" + name.encode() + b"\0") + 1, type_, flags, address,
                             offset, size, link, info, alignment, 24 if type_ == _SYMTAB else 0)
        file += data
    file += bytes(align(len(file), 8) - len(file))
    file[:64] = struct.pack("<4sBBBB8xHHIQQQIHHHHHH", b"\x7fELF", 2, 1, 1, 0, _EXECUTABLE, image.machine, 1,
                            image.entry, 64, len(file), 0, 64, 56, (len(headers) - 64) // 56, 64, len(sections) + 1,
                            len(sections))
    return bytes(file + table)


def _segments(image: Image) -> bytes:
    """Room for the file's header, and the program headers."""
    out = bytearray(64)
    runs: list[list[Placed]] = []
    for each in image.placed:
        if runs and runs[-1][0].kind.access == each.kind.access:
            runs[-1].append(each)
        else:
            runs.append([each])
    for run in runs:
        start = run[0].address
        filled = max((each.end for each in run if each.kind is not Kind.BSS), default=start)
        out += struct.pack("<IIQQQQQQ", _LOAD, run[0].kind.access, PAGE + start - image.base, start, start,
                           filled - start, run[-1].end - start, PAGE)
    for each in image.placed:
        if each.section.note:
            out += struct.pack("<IIQQQQQQ", _NOTE_SEGMENT, 4, PAGE + each.address - image.base, each.address,
                               each.address, each.section.size, each.section.size, each.section.align)
    return bytes(out)


def _symbol_table(image: Image) -> tuple[bytes, bytes, int]:
    """Symbols, their names, and how many of them are local, which come first."""
    kinds = [kind for kind in Kind if any(each.kind is kind for each in image.placed)]
    names = bytearray(b"\0")
    table = bytearray(24)
    ordered = sorted(image.named, key=lambda item: (item[0].visible, item[1], item[0].name))
    for symbol, address, kind in ordered:
        table += struct.pack("<IBBHQQ", len(names), symbol.visible << 4 | (2 if symbol.code else 1), 0,
                             kinds.index(kind) + 1, address, symbol.size)
        names += symbol.name.encode() + b"\0"
    return bytes(table), bytes(names), 1 + sum(not symbol.visible for symbol, _, _ in ordered)
