"""Where things go: sections, alignments, symbols, and what is left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from bare.compiler.source import Rejected
from bare.compiler.unit import compile_program

PLACED = """\
from __future__ import annotations

from typing import Annotated, Final, Literal, NoReturn

from bare import Array, View, align, entry, export, inline, noinline, panic, section, u8, u32, u64, zeroed

stack: Annotated[Array[u8, Literal[64]], align(4096), section(".bss.stack")] = zeroed(Array[u8, Literal[64]])
table: Final[Array[u32, Literal[2]]] = Array(u32(1), u32(2))


@section(".text.cold")
@align(64)
@noinline
def placed(x: u64) -> u64:
    return x + 1


@inline
def small(x: u64) -> u64:
    return placed(x) + u64(stack[0]) + u64(table[1])


@export("called_by_name")
def exported(x: u64) -> u64:
    return small(x)


def unused(x: u64) -> u64:
    return x


@panic
def on_panic(kind: View[u8], file: View[u8], line: u32, message: View[u8]) -> NoReturn:
    while True:
        pass


@entry
def main(first: u64, second: u64) -> None:
    pass
"""


def ir(tmp_path: Path, text: str) -> str:
    path = tmp_path / "program.py"
    path.write_text(text)
    return compile_program(path, "x86_64", debug=False).ir


def test_sections_and_alignments_are_those_of_the_source(tmp_path: Path) -> None:
    text = ir(tmp_path, PLACED)
    assert '@"program.stack" = internal global [64 x i8] zeroinitializer, section ".bss.stack", align 4096' in text
    assert '@"program.table" = internal constant [2 x i32] [i32 1, i32 2], align 4' in text
    assert 'define internal i64 @"program.placed"(i64 %a0) #0 noinline section ".text.cold" align 64 {' in text
    assert 'define internal i64 @"program.small"(i64 %a0) #0 alwaysinline {' in text


def test_only_what_is_exported_has_a_symbol_for_others(tmp_path: Path) -> None:
    text = ir(tmp_path, PLACED)
    assert 'define dso_local i64 @"called_by_name"(i64 %a0)' in text
    assert 'define dso_local void @"bare_entry"(i64 %a0, i64 %a1)' in text
    assert "unused" not in text


def test_traps_call_the_panic_function(tmp_path: Path) -> None:
    assert 'call void @"program.on_panic"(' in ir(tmp_path, PLACED)
    assert "on_panic" not in ir(tmp_path, PLACED.replace("@panic\n", ""))


@pytest.mark.parametrize(("before", "after", "message"), [
    ("first: u64, second: u64", "first: u32", "@entry takes two u64 at most"),
    ("line: u32", "line: u64", "@panic is (kind: View[u8], file: View[u8], line: u32, message: View[u8]) -> NoReturn"),
    ("@entry", '@export("called_by_name")', "there is another function with the symbol called_by_name"),
    ("align(64)", "align(48)", "@align(48) is no decorator of the language"),
    ('section(".text.cold")', 'section("a b")', "@section('a b') is no decorator of the language"),
])
def test_what_can_not_be_placed_is_refused(before: str, after: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(Rejected) as caught:
        ir(tmp_path, PLACED.replace(before, after))
    assert message in str(caught.value)
