"""From an address back to Python: the line program of the object becomes a table that a panicking kernel can search.

Owns DWARF's line programs (DWARF 4, section 6.2) and the table's format. Knows nothing of ELF.

The table is an array of u32 in the order of the target, found by the symbol `bare_lines`:

    [0] magic  [1] size of the table in words  [2] number of rows  [3] number of functions  [4] offset of the strings
    rows:       code offset, line, file         sorted by offset, which counts from the image's start; line 0: no line
    functions:  start, end, name                sorted by start
    strings:    u16 length and bytes; offsets of strings are in bytes from the table's start
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from bare.link.object import LinkError

MAGIC = 0x454E494C                      # "LINE"
SYMBOL = "bare_lines"
_HEADER = 5                             # words


@dataclass(frozen=True)
class Row:
    """From `address` on, code comes from this line, up to the next row's address. Line 0: from nowhere."""

    address: int
    line: int
    file: str


@dataclass(frozen=True)
class Function:
    start: int
    end: int
    name: str


def rows(debug_line: bytes) -> list[Row]:
    """All rows of a `.debug_line` section whose addresses are final, sorted. Raises LinkError."""
    try:
        found = sorted(_programs(debug_line), key=lambda row: (row.address, row.line != 0))
    except (struct.error, IndexError, ValueError) as error:
        raise LinkError(f"damaged .debug_line: {error}") from error
    compact: list[Row] = []
    for row in found:
        if compact and compact[-1].address == row.address:
            compact.pop()
        if not compact or (compact[-1].line, compact[-1].file) != (row.line, row.file):
            compact.append(row)
    return compact


def table(lines: Sequence[Row], functions: Iterable[Function], base: int) -> bytes:
    """The table in the format above."""
    ordered = sorted(functions, key=lambda function: (function.start, function.end, function.name))
    strings: dict[str, int] = {}
    start = 4 * (_HEADER + 3 * (len(lines) + len(ordered)))
    text = bytearray()
    for string in [*(row.file for row in lines), *(function.name for function in ordered)]:
        if string not in strings:
            strings[string] = start + len(text)
            encoded = string.encode()[:0xFFFF]
            text += struct.pack("<H", len(encoded)) + encoded
    words = [value for row in lines for value in (row.address - base, row.line, strings[row.file])]
    words += [value for function in ordered
              for value in (function.start - base, function.end - base, strings[function.name])]
    text += bytes(-len(text) % 4)
    return struct.pack(f"<{_HEADER + len(words)}I", MAGIC, (start + len(text)) // 4, len(lines), len(ordered), start,
                       *words) + text


def _programs(data: bytes) -> Iterator[Row]:
    at = 0
    while at < len(data):
        length, version, header_length = struct.unpack_from("<IHI", data, at)
        end = at + 4 + length
        if length >= 0xFFFFFFF0 or not 2 <= version <= 4 or end > len(data):
            raise LinkError(f".debug_line: expected DWARF 2 to 4 in 32-bit format, got version {version}; what helps: "
                            f"the module flag \"Dwarf Version\" 4 in the IR")
        yield from _Program(data, at + 10, version, at + 10 + header_length, end).run()
        at = end


class _Program:
    """One unit's line number program."""

    def __init__(self, data: bytes, header: int, version: int, start: int, end: int) -> None:
        self._data = data
        self._end = end
        self._at = header
        self._instruction = self._u8()
        if version >= 4:
            self._u8()                  # operations per instruction: a matter of VLIW machines
        self._u8()                      # default_is_stmt: all rows count
        self._line_base = self._u8() - 256 if data[self._at] > 127 else self._u8()
        self._line_range = self._u8()
        self._opcode_base = self._u8()
        self._operands = [self._u8() for _ in range(self._opcode_base - 1)]
        folders = [""]
        while folder := self._string():
            folders.append(folder)
        self._files = [""]
        while name := self._string():
            folder = folders[self._uleb()]
            self._uleb()
            self._uleb()
            self._files.append(f"{folder}/{name}" if folder and not name.startswith("/") else name)
        self._at = start

    def run(self) -> Iterator[Row]:
        begin = Row(0, 1, self._files[1] if len(self._files) > 1 else "")
        row = begin
        while self._at < self._end:
            opcode = self._u8()
            if opcode >= self._opcode_base:
                row = self._advance(row, (opcode - self._opcode_base) // self._line_range)
                row = replace(row, line=row.line + self._line_base
                              + (opcode - self._opcode_base) % self._line_range)
                yield row
            elif opcode == 0:
                length = self._uleb()
                after = self._at + length
                extended = self._u8()
                if extended == 1:                                               # end of sequence
                    yield replace(row, line=0, file="")
                    row = begin
                elif extended == 2:                                             # set address
                    row = replace(row, address=int.from_bytes(self._data[self._at:after], "little"))
                self._at = after
            elif opcode == 1:                                                   # copy
                yield row
            elif opcode == 2:                                                   # advance pc
                row = self._advance(row, self._uleb())
            elif opcode == 3:                                                   # advance line
                row = replace(row, line=row.line + self._sleb())
            elif opcode == 4:                                                   # set file
                row = replace(row, file=self._files[self._uleb()])
            elif opcode == 8:                                                   # add the advance of opcode 255
                row = self._advance(row, (255 - self._opcode_base) // self._line_range)
            elif opcode == 9:                                                   # fixed advance
                row = replace(row, address=row.address + struct.unpack_from("<H", self._data, self._at)[0])
                self._at += 2
            else:                                                               # column, statement, block, ...
                for _ in range(self._operands[opcode - 1]):
                    self._uleb()

    def _advance(self, row: Row, operations: int) -> Row:
        return replace(row, address=row.address + operations * self._instruction)

    def _u8(self) -> int:
        self._at += 1
        return self._data[self._at - 1]

    def _uleb(self) -> int:
        value = shift = 0
        while True:
            byte = self._u8()
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def _sleb(self) -> int:
        start = self._at
        value = self._uleb()
        bits = 7 * (self._at - start)
        return value - (1 << bits) if value >> bits - 1 & 1 else value

    def _string(self) -> str:
        end = self._data.index(b"\0", self._at)
        text = self._data[self._at:end].decode()
        self._at = end + 1
        return text
