"""The table by which a panicking kernel finds Python lines, against what LLVM wrote and a reader in Python."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import pytest
from bare_images import build
from hypothesis import given
from hypothesis import strategies as st

from bare.link import LinkError, lines
from bare.link.lines import Function, Row, table
from bare.target import Target

IR = """
declare dso_local void @bare_lines() #0
define internal i64 @"main.callee"(i64 %x) #0 !dbg !5 {
  %y = add i64 %x, 1, !dbg !7
  call void @put(i64 %y), !dbg !8
  ret i64 %y, !dbg !9
}
define dso_local void @bare_entry(i64 %a, i64 %b) #0 !dbg !6 {
  %t = ptrtoint ptr @bare_lines to i64
  call void @put(i64 %t), !dbg !10
  %r = call i64 @"main.callee"(i64 %a), !dbg !11
  ret void, !dbg !12
}
!llvm.module.flags = !{!0, !1}
!llvm.dbg.cu = !{!2}
!0 = !{i32 7, !"Dwarf Version", i32 4}
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = distinct !DICompileUnit(language: DW_LANG_Python, file: !3, emissionKind: FullDebug)
!3 = !DIFile(filename: "main.py", directory: "")
!4 = !DISubroutineType(types: !{})
!5 = distinct !DISubprogram(name: "callee", file: !3, line: 10, scopeLine: 10, type: !4, unit: !2, spFlags: 8)
!6 = distinct !DISubprogram(name: "entry", file: !3, line: 20, scopeLine: 20, type: !4, unit: !2, spFlags: 8)
!7 = !DILocation(line: 11, scope: !5)
!8 = !DILocation(line: 300, scope: !5)
!9 = !DILocation(line: 13, scope: !5)
!10 = !DILocation(line: 21, scope: !6)
!11 = !DILocation(line: 22, scope: !6)
!12 = !DILocation(line: 23, scope: !6)
"""


@dataclass(frozen=True)
class Table:
    """Reads the table as the kernel does."""

    data: bytes

    def where(self, offset: int) -> tuple[str, str, int]:
        """Function, file and line of an offset in the image."""
        magic, size, rows, functions, strings = struct.unpack_from("<5I", self.data)
        assert magic == lines.MAGIC and strings < 4 * size <= len(self.data)
        row = [struct.unpack_from("<3I", self.data, 20 + 12 * index) for index in range(rows)]
        line = max((each for each in row if each[0] <= offset), default=(0, 0, 0))
        function = [struct.unpack_from("<3I", self.data, 20 + 12 * (rows + index)) for index in range(functions)]
        names = [self._string(name) for start, end, name in function if start <= offset < end]
        return names[-1] if names else "", self._string(line[2]) if line[1] else "", line[1]

    def _string(self, at: int) -> str:
        size = struct.unpack_from("<H", self.data, at)[0]
        return self.data[at + 2:at + 2 + size].decode()


@pytest.mark.parametrize("level", [0, 2])
def test_every_call_leads_back_to_its_line(target: Target, level: int) -> None:
    image = build(target, IR, level=level)
    start = image.symbols["bare_lines"] - image.base
    found = Table(image.body[start:])
    entry = image.symbols["bare_entry"] - image.base
    size = next(symbol.size for symbol, _, _ in image.named if symbol.name == "bare_entry")
    places = [found.where(offset) for offset in range(entry, entry + size)]
    assert {file for _, file, _ in places} == {"main.py"}
    assert {name for name, _, _ in places} == {"bare_entry"}
    assert ({21, 300} if level else {21, 22, 23}) <= {line for _, _, line in places}
    assert found.where(image.symbols["bare_power_off"] - image.base) == ("bare_power_off", "", 0)


def test_a_program_that_does_not_ask_has_no_table(target: Target) -> None:
    image = build(target, IR.replace("ptrtoint ptr @bare_lines to i64", "add i64 0, 0"))
    assert "bare_lines" not in image.symbols
    assert image.debug[".debug_line"]


@given(st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(1, 1 << 20), st.sampled_from(["a.py", "b.py"])),
                min_size=1, max_size=50, unique_by=lambda row: row[0]))
def test_the_table_keeps_what_it_is_made_of(rows: list[tuple[int, int, str]]) -> None:
    base = 1 << 30
    ordered = sorted(rows)
    made = Table(table([Row(base + at, line, file) for at, line, file in ordered],
                       [Function(base, base + (1 << 21), "name")], base))
    for at, line, file in ordered:
        assert made.where(at) == ("name", file, line)


@given(st.binary(max_size=200))
def test_damaged_line_programs_are_refused_or_read(data: bytes) -> None:
    try:
        lines.rows(struct.pack("<IHI", len(data) + 6, 4, 40) + data)
    except LinkError as error:
        assert "debug_line" in str(error)


def test_an_unknown_version_is_refused_with_what_helps() -> None:
    with pytest.raises(LinkError, match="expected DWARF 2 to 4 in 32-bit format, got version 5; what helps: the "):
        lines.rows(struct.pack("<IHI", 6, 5, 0))
