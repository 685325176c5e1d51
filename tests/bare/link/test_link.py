"""The linker: programs from one object and fragments, their files, and what it says of what is damaged or missing."""

from __future__ import annotations

import struct

import pytest
from bare_images import ATTRIBUTES, build, printing
from hypothesis import given
from hypothesis import strategies as st

from bare import boot
from bare.encode import code_for
from bare.link import Fragment, LinkError, link
from bare.link.layout import PAGE
from bare.link.object import read
from bare.target import TARGETS, Target, emit_object

DATA = """
@table = internal constant [3 x ptr] [ptr @bare_entry, ptr @zero, ptr @filled]
@zero = internal global [5000 x i8] zeroinitializer
@filled = internal global i64 77
"""
USES = "%p = load volatile ptr, ptr @table\n  %q = load volatile i64, ptr @filled\n  ret void"


def test_the_same_input_gives_the_same_bytes(target: Target) -> None:
    assert build(target, DATA + printing("x", USES)).elf() == build(target, DATA + printing("x", USES)).elf()


def test_parts_have_their_own_pages_and_symbols_for_their_borders(target: Target) -> None:
    symbols = build(target, DATA + printing("x", USES)).symbols
    borders = [symbols[f"bare_{name}"] for name in ("text_start", "text_end", "rodata_start", "rodata_end",
                                                    "data_start", "data_end")]
    assert borders == sorted(borders) and not any(border % PAGE for border in borders)
    assert symbols["bare_image_start"] == borders[0] and symbols["bare_image_end"] == borders[-1]
    assert borders[0] <= symbols["bare_entry"] < borders[1]


def test_the_file_is_an_executable_whose_segments_do_not_mix_access(target: Target) -> None:
    image = build(target, DATA + printing("x", USES))
    file = image.elf()
    kind, machine, _, entry, headers = struct.unpack_from("<HHIQQ", file, 16)
    assert (kind, machine, entry) == (2, target.machine, image.symbols["bare_start"])
    count = struct.unpack_from("<H", file, 56)[0]
    segments = [struct.unpack_from("<IIQQQQQQ", file, headers + 56 * index) for index in range(count)]
    loaded = [segment for segment in segments if segment[0] == 1]
    assert [segment[1] for segment in loaded][-1] == 6 and {segment[1] for segment in loaded} <= {4, 5, 6}
    for _, _, offset, address, _, size, _, _ in loaded:
        assert file[offset:offset + size] == image.body[address - image.base:address - image.base + size]
    assert loaded[-1][6] >= loaded[-1][5] + 5000


def test_data_is_relocated(target: Target) -> None:
    image = build(target, DATA + printing("x", USES))
    assert struct.pack("<Q", image.symbols["bare_entry"]) in image.flat()
    assert struct.pack("<Q", 77) in image.flat()


def test_fragments_that_nobody_needs_stay_out(target: Target) -> None:
    image = build(target, printing("x"), Fragment("unused", b"\1\2\3\4"))
    assert "unused" not in image.symbols and "memcpy" not in image.symbols and "put" in image.symbols


def test_a_fragment_brings_what_it_refers_to(target: Target) -> None:
    pointer = code_for(target)
    pointer.pointer("second")  # type: ignore[attr-defined]
    uses = "@first = external dso_local global i64\n" + printing("x", "store volatile i64 1, ptr @first\n  ret void")
    image = build(target, uses, pointer.fragment("first", section=".data"), Fragment("second", b"\0" * 8, 8, ".data"))
    assert struct.pack("<Q", image.symbols["second"]) in image.body


def test_multiboot_headers_are_where_loaders_look() -> None:
    image = build(TARGETS["x86_64"], printing("x"))
    first = image.elf().index(struct.pack("<I", 0x1BADB002))
    magic, flags, checksum, header, start, loaded, end, entry = struct.unpack_from("<8I", image.elf(), first)
    assert first < 8192 and (magic + flags + checksum) % (1 << 32) == 0
    assert (start, entry, end) == (image.base, image.entry, image.symbols["bare_image_end"])
    assert header - start == first - PAGE and loaded == image.base + len(image.body)
    second = image.elf().index(struct.pack("<I", 0xE85250D6))
    assert second < 32768 and second % 8 == 0
    assert sum(struct.unpack_from("<4I", image.elf(), second)) % (1 << 32) == 0
    assert struct.unpack_from("<HHI", image.elf(), second + 32) == (0, 0, 8)


def test_an_undefined_symbol_is_named(target: Target) -> None:
    with pytest.raises(LinkError, match=r"program refers to nowhere, which nobody defines; what helps: a function of "
                                        r'the program marked @export\("nowhere"\)'):
        build(target, "declare dso_local void @nowhere() #0\n" + printing("", "call void @nowhere()\n  ret void"))


def test_a_symbol_that_is_defined_twice_is_named(target: Target) -> None:
    with pytest.raises(LinkError, match="bare_entry is defined twice: by bare_entry and by program"):
        build(target, printing("x"), Fragment("bare_entry", b"\0" * 4))


def test_a_name_of_the_linker_can_not_be_taken(target: Target) -> None:
    with pytest.raises(LinkError, match="program defines bare_text_end, which is the linker's own name"):
        build(target, "@bare_text_end = dso_local global i64 1\n" + printing("x"))


def test_a_program_without_entry_is_refused(target: Target) -> None:
    data = emit_object("define dso_local void @f() #0 { ret void }" + ATTRIBUTES, target, 0)
    with pytest.raises(LinkError, match="the program does not define its entry bare_start"):
        link(data, [], target, boot.layout(target))


def test_a_program_that_is_too_large_is_refused_before_it_takes_memory(target: Target) -> None:
    huge = "@huge = dso_local global [4611686018427387904 x i8] zeroinitializer\n"
    with pytest.raises(LinkError, match=r"the program takes 4,611,686,018,427,\d{3},\d{3} bytes of memory, but code "
                                        r"reaches 2,147,483,648 only; what helps: smaller arrays"):
        build(target, huge + printing("x"))


def test_an_object_of_another_machine_is_refused() -> None:
    data = emit_object("define dso_local void @f() #0 { ret void }" + ATTRIBUTES, TARGETS["aarch64"], 0)
    with pytest.raises(LinkError, match="program: expected an object for machine 62, got machine 183"):
        read(data, 62, "program")
    with pytest.raises(LinkError, match="program: expected a relocatable little-endian ELF-64 object"):
        read(b"\x7fELF" + bytes(100), 62, "program")


_OBJECT = emit_object("define dso_local void @f() #0 { call void @f() ret void }" + ATTRIBUTES, TARGETS["riscv64"], 0)


@given(st.integers(0, len(_OBJECT) - 1), st.integers(0, 255), st.integers(0, len(_OBJECT)))
def test_a_damaged_object_is_refused_or_linked(at: int, byte: int, end: int) -> None:
    damaged = bytearray(_OBJECT)
    damaged[at] = byte
    for data in (bytes(damaged), _OBJECT[:end]):
        try:
            link(data, [], TARGETS["riscv64"], boot.layout(TARGETS["riscv64"]))
        except LinkError as error:
            assert str(error)
