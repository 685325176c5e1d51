"""The reader of the line table, in bare Python, against the linker that writes it."""

from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st

from bare import Array, u32, u64
from bare.link.lines import Function, Row, table
from bare.std.backtrace import Place, byte, place

BASE = 1 << 20


def words(data: bytes) -> Array[u32, int]:
    return Array(*(u32(word) for (word,) in struct.iter_unpack("<I", data)))


def text(data: bytes, at: u64) -> str:
    made = words(data)[:]
    size = int(byte(made, at)) | int(byte(made, at + 1)) << 8
    return bytes(int(byte(made, at + 2 + number)) for number in range(size)).decode()


def known(found: Place) -> tuple[int, int, int]:
    return int(found.function), int(found.file), int(found.line)


@given(st.lists(st.tuples(st.integers(0, 99), st.integers(0, 9)), max_size=20, unique_by=lambda row: row[0]),
       st.lists(st.integers(0, 49), max_size=8, unique=True), st.integers(0, 120))
def test_the_reader_finds_what_the_linker_wrote(rows: list[tuple[int, int]], starts: list[int], offset: int) -> None:
    lines = [Row(BASE + at, line, f"{line}.py" if line else "") for at, line in sorted(rows)]
    functions = [Function(BASE + 2 * at, BASE + 2 * at + 2, f"f{at}") for at in sorted(starts)]
    data = table(lines, functions, BASE)
    found = place(words(data)[:], u64(offset))
    row = next((row for row in reversed(lines) if row.address - BASE <= offset), None)
    assert found.line == (row.line if row else 0)
    if row and row.line:
        assert text(data, found.file) == row.file
    function = next((each for each in functions if each.start <= BASE + offset < each.end), None)
    assert (text(data, found.function) if found.function != 0 else None) == (function.name if function else None)


def test_without_a_table_nothing_is_known() -> None:
    assert known(place(words(bytes(20))[:], u64(5))) == (0, 0, 0)
    assert known(place(words(bytes(8))[:], u64(5))) == (0, 0, 0)
