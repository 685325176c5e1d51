"""What the linker works on: sections of bytes with symbols and relocations, and how they are read from an ELF object.

Owns the model and the reading. Knows nothing of addresses, and of no relocation but its number. Code from the encoders
comes in the same model (`Fragment`), so that a call from Python to a stub and back is an ordinary relocation.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field

# ELF-64 object file format, version 1.5: figures 2 to 11.
_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_SECTION = struct.Struct("<IIQQQQIIQQ")
_SYMBOL = struct.Struct("<IBBHQQ")
_RELOCATION = struct.Struct("<QQq")
_SYMTAB, _RELA, NOTE, _NOBITS = 2, 4, 7, 8
_WRITE, _ALLOC, _EXECUTE = 1, 2, 4
_UNDEFINED, _RESERVED = 0, 0xFF00
_FUNCTION, _SECTION_SYMBOL, _FILE = 2, 3, 4


class LinkError(Exception):
    """The program can't be put together; the text says who, what and why."""


@dataclass(frozen=True)
class Symbol:
    """A name for a place: `section` counts in the same object; None is somebody else's symbol, to be found by name."""

    name: str
    section: int | None
    value: int = 0                      # offset in the section
    size: int = 0
    visible: bool = True                # to other objects
    code: bool = False


@dataclass(frozen=True)
class Relocation:
    """Bytes at `offset` that depend on the address of `symbol`, which counts in the same object."""

    offset: int
    type: int                           # of the target's ELF supplement
    symbol: int
    addend: int = 0


@dataclass(frozen=True)
class Section:
    name: str
    data: bytes                         # empty if it is zero at start
    size: int
    align: int
    relocations: tuple[Relocation, ...] = ()
    loaded: bool = True                 # part of the running program; else debug information
    write: bool = False
    execute: bool = False
    note: bool = False

    @property
    def zero(self) -> bool:
        return not self.data and self.size > 0


@dataclass(frozen=True)
class Object:
    """Sections and symbols that refer to one another by index."""

    name: str                           # for messages
    sections: tuple[Section, ...]
    symbols: tuple[Symbol, ...]

    @property
    def defined(self) -> frozenset[str]:
        return frozenset(symbol.name for symbol in self.symbols if symbol.section is not None and symbol.visible)

    @property
    def references(self) -> frozenset[str]:
        return frozenset(symbol.name for symbol in self.symbols if symbol.section is None and symbol.name)


@dataclass(frozen=True)
class Fragment:
    """Machine code or data made by an encoder: one section under one name."""

    name: str
    data: bytes
    align: int = 16
    section: str = ".text"
    labels: Mapping[str, int] = field(default_factory=dict)         # further names, by offset
    fixups: tuple[tuple[int, int, str, int], ...] = ()              # offset, relocation type, symbol, addend
    zero: int = 0                                                   # size of what is zero at start, instead of data

    @property
    def references(self) -> frozenset[str]:
        """The names that it needs from others."""
        return frozenset(name for _, _, name, _ in self.fixups) - {self.name, *self.labels}

    def object(self) -> Object:
        names = dict.fromkeys([self.name, *self.labels, *(name for _, _, name, _ in self.fixups)])
        index = {name: number for number, name in enumerate(names)}
        places = {self.name: 0, **self.labels}
        code = self.section.startswith((".text", ".boot"))
        section = Section(
            self.section, self.data, self.zero or len(self.data), self.align,
            tuple(Relocation(offset, type_, index[name], addend) for offset, type_, name, addend in self.fixups),
            write=self.section.startswith((".data", ".bss")), execute=code, note=self.section.startswith(".note"))
        return Object(self.name, (section,), tuple(
            Symbol(name, 0 if name in places else None, places.get(name, 0), section.size if name == self.name else 0,
                   code=code and name in places)
            for name in names))


def read(data: bytes, machine: int, name: str) -> Object:
    """The object in an ELF file for `machine`. Raises LinkError if it is another kind of file, or a damaged one."""
    try:
        return _read(data, machine, name)
    except (struct.error, IndexError, ValueError) as error:
        raise LinkError(f"{name}: damaged ELF object: {error}") from error


def _read(data: bytes, machine: int, name: str) -> Object:
    header = _HEADER.unpack_from(data)
    if header[0][:6] != b"\x7fELF\x02\x01" or header[1] != 1:
        raise LinkError(f"{name}: expected a relocatable little-endian ELF-64 object")
    if header[2] != machine:
        raise LinkError(f"{name}: expected an object for machine {machine}, got machine {header[2]}")
    raw = [_SECTION.unpack_from(data, header[6] + index * _SECTION.size) for index in range(header[12])]
    names = raw[header[13]]

    def contents(row: tuple[int, ...]) -> bytes:
        piece = data[row[4]:row[4] + row[5]]
        if len(piece) != row[5]:
            raise LinkError(f"{name}: damaged ELF object: a section ends beyond the file")
        return piece

    tables = [row for row in raw if row[1] == _SYMTAB]
    symbols = _symbols(contents(tables[0]), contents(raw[tables[0][6]])) if tables else ()
    relocations: dict[int, tuple[Relocation, ...]] = {}
    for row in raw:
        if row[1] == _RELA:
            relocations[row[7]] = tuple(
                Relocation(offset, info & 0xFFFFFFFF, info >> 32, addend)
                for offset, info, addend in _RELOCATION.iter_unpack(contents(row)))
    sections = tuple(
        Section(_text(contents(names), row[0]), b"" if row[1] == _NOBITS else contents(row), row[5], max(row[8], 1),
                relocations.get(index, ()), bool(row[2] & _ALLOC), bool(row[2] & _WRITE), bool(row[2] & _EXECUTE),
                row[1] == NOTE)
        for index, row in enumerate(raw))
    _check(sections, symbols, name)
    return Object(name, sections, symbols)


def _symbols(table: bytes, strings: bytes) -> tuple[Symbol, ...]:
    return tuple(
        Symbol("" if info & 15 in (_SECTION_SYMBOL, _FILE) else _text(strings, start),
               None if index == _UNDEFINED or index >= _RESERVED else index, value, size, info >> 4 != 0,
               info & 15 == _FUNCTION)
        for start, info, _, index, value, size in _SYMBOL.iter_unpack(table))


def _check(sections: tuple[Section, ...], symbols: tuple[Symbol, ...], name: str) -> None:
    for symbol in symbols:
        if symbol.section is not None and symbol.section >= len(sections):
            raise LinkError(f"{name}: damaged ELF object: {symbol.name} is in section {symbol.section}, "
                            f"but there are {len(sections)}")
    for section in sections:
        for relocation in section.relocations:
            if relocation.symbol >= len(symbols) or relocation.offset >= section.size:
                raise LinkError(f"{name}: damaged ELF object: a relocation of {section.name} points beyond it")


def _text(strings: bytes, start: int) -> str:
    return strings[start:strings.index(b"\0", start)].decode()
