"""The linker: one object from LLVM and the machine code of the encoders become a program that a machine can load.

Owns the order of the steps: take in what is needed, give it addresses, make the table of lines, relocate. The model is
in `object`, addresses in `layout`, relocations in `relocation`, the table in `lines`, files in `image`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bare.link import lines
from bare.link.image import Image
from bare.link.layout import Kind, Layout, align, borders, kind, loaded_end, place
from bare.link.object import Fragment, LinkError, Object, Relocation, Section, Symbol, read
from bare.link.relocation import BY_MACHINE, RISCV, RISCV_HIGH20, RISCV_LOW12, Patch, riscv_low12
from bare.target import Target

_REACH = 1 << 31                        # of the code models, in bytes

__all__ = ["Fragment", "Image", "Layout", "LinkError", "link"]


def link(data: bytes, fragments: Iterable[Fragment], target: Target, layout: Layout) -> Image:
    """The program in the ELF object `data`, with the fragments that it needs. Raises LinkError.

    A fragment that nobody refers to stays out. Debug information is kept, outside of what is loaded.
    """
    program = read(data, target.machine, "program")
    objects = [program, *_needed(program, [fragment.object() for fragment in fragments], layout.entry)]
    linker = _Linker(objects, target, layout)
    if any(lines.SYMBOL in each.references for each in objects):
        linker = _Linker([*objects, linker.line_table()], target, layout)
    return linker.image()


def _needed(program: Object, others: Sequence[Object], entry: str) -> list[Object]:
    """What is reachable from the program, in the given order, with sections that are there for loaders (notes)."""
    by_name: dict[str, Object] = {}
    for each in others:
        for name in sorted(each.defined):
            if name in by_name or name in program.defined:
                raise LinkError(f"{name} is defined twice: by {each.name} and by "
                                f"{by_name[name].name if name in by_name else program.name}")
            by_name[name] = each
    pending = [entry, *sorted(program.references)]
    pending += [each.name for each in others if each.sections[0].name.startswith((".boot", ".note"))]
    taken: set[str] = set()
    while pending:
        found = by_name.get(pending.pop())
        if found is not None and found.name not in taken:
            taken.add(found.name)
            pending += sorted(found.references)
    return [each for each in others if each.name in taken]


@dataclass(frozen=True)
class _Piece:
    """A section of one of the objects."""

    owner: int
    section: Section


class _Linker:
    """Gives every symbol of a fixed list of objects its address, and fills in what depends on it."""

    def __init__(self, objects: Sequence[Object], target: Target, layout: Layout) -> None:
        self._objects = objects
        self._target = target
        self._layout = layout
        self._pieces = [_Piece(owner, section) for owner, each in enumerate(objects) for section in each.sections]
        self._first = [sum(len(each.sections) for each in objects[:owner]) for owner in range(len(objects))]
        self._placed = place([piece.section for piece in self._pieces], layout.base)
        self._address = {each.number: each.address for each in self._placed}
        self._symbols = borders(self._placed, layout.base)
        for owner, each in enumerate(objects):
            for symbol in each.symbols:
                if symbol.visible and symbol.section is not None and symbol.name:
                    if symbol.name in self._symbols:
                        raise LinkError(f"{each.name} defines {symbol.name}, which is the linker's own name")
                    self._symbols[symbol.name] = self._at(owner, symbol)
        if layout.entry not in self._symbols:
            raise LinkError(f"the program does not define its entry {layout.entry}")

    def image(self) -> Image:
        base = self._layout.base
        end = align(self._placed[-1].end, 16)
        if end - base > _REACH:
            raise LinkError(f"the program takes {end - base:,} bytes of memory, but code reaches {_REACH:,} only; "
                            f"what helps: smaller arrays")
        loaded = [each for each in self._placed if each.kind is not Kind.BSS]
        memory = bytearray(loaded_end(self._placed, base) - base)
        for each in loaded:
            memory[each.address - base:each.end - base] = each.section.data
        for each in loaded:
            self._relocate(each.number, memory, each.address - base, each.address)
        debug = {section.name: self._debug(number) for number, section in self._debug_sections()}
        return Image(self._target.machine, base, self._symbols[self._layout.entry], end,
                     bytes(memory), self._symbols, self._placed, self._named(), debug)

    def line_table(self) -> Object:
        """Where code comes from; addresses of code do not change when it is linked in, as it follows all code."""
        found = [row for number, section in self._debug_sections() if section.name == ".debug_line"
                 for row in lines.rows(self._debug(number))]
        functions = [lines.Function(address, address + symbol.size, symbol.name)
                     for symbol, address, _ in self._named() if symbol.code and symbol.size]
        return Fragment(lines.SYMBOL, lines.table(found, functions, self._layout.base), 4, ".rodata.lines").object()

    def _named(self) -> list[tuple[Symbol, int, Kind]]:
        return [(symbol, self._at(owner, symbol), kind(self._objects[owner].sections[symbol.section]))
                for owner, each in enumerate(self._objects) for symbol in each.symbols
                if symbol.name and symbol.section is not None and self._first[owner] + symbol.section in self._address]

    def _debug_sections(self) -> list[tuple[int, Section]]:
        return [(number, piece.section) for number, piece in enumerate(self._pieces)
                if piece.section.name.startswith(".debug") and piece.section.size]

    def _debug(self, number: int) -> bytes:
        memory = bytearray(self._pieces[number].section.data)
        self._relocate(number, memory, 0, 0)
        return bytes(memory)

    def _at(self, owner: int, symbol: Symbol) -> int:
        """A symbol's address; in a section that is not loaded, its offset."""
        assert symbol.section is not None
        return self._address.get(self._first[owner] + symbol.section, 0) + symbol.value

    def _relocate(self, number: int, memory: bytearray, at: int, address: int) -> None:
        """Apply the relocations of one section, which begins `at` an offset of `memory` and has an address."""
        piece = self._pieces[number]
        known = BY_MACHINE[self._target.machine]
        distances: dict[int, int] = {}                              # riscv64: of each auipc, by its address
        halves: list[tuple[Relocation, Patch]] = []
        for relocation in piece.section.relocations:
            patch = self._patch(piece.owner, relocation, memory, at, address)
            if self._target.machine == RISCV and relocation.type in RISCV_LOW12:
                halves.append((relocation, patch))
                continue
            apply = known.get(relocation.type)
            if apply is None:
                raise LinkError(f"{piece.section.name} has a relocation of type {relocation.type} against "
                                f"{patch.symbol}, which is not known for {self._target}; one through a "
                                f"table (GOT) comes from a declaration that is not dso_local")
            if self._target.machine == RISCV and relocation.type == RISCV_HIGH20:
                distances[patch.place] = patch.distance
            apply(patch)
        for relocation, patch in halves:
            if patch.target not in distances:
                raise LinkError(f"{piece.section.name}: no instruction begins the address of {patch.symbol} at "
                                f"{patch.place:#x}")
            riscv_low12(patch, distances[patch.target], RISCV_LOW12[relocation.type])

    def _patch(self, owner: int, relocation: Relocation, memory: bytearray, at: int, address: int) -> Patch:
        symbol = self._objects[owner].symbols[relocation.symbol]
        if symbol.section is not None:
            value = self._at(owner, symbol)
        elif symbol.name in self._symbols:
            value = self._symbols[symbol.name]
        else:
            raise LinkError(f"{self._objects[owner].name} refers to {symbol.name or 'an unnamed symbol'}, which nobody "
                            f"defines; what helps: a function of the program marked @export(\"{symbol.name}\")")
        return Patch(memory, at + relocation.offset, address + relocation.offset, value + relocation.addend,
                     symbol.name or self._objects[owner].name)
