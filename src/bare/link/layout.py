"""Where the sections of a program go: one run of pages for each kind of access, in a fixed order from a base address.

Owns kinds, order, alignment and the symbols that name the borders. Knows nothing of what is in a section.

Boot code comes first, as loaders look for headers near the start of a file, and QEMU starts riscv64 at the lowest
address. Code comes before all else that is loaded, so that a table of its lines can be made once it has its place.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass

from bare.link.object import Section

PAGE = 4096


class Kind(enum.IntEnum):
    """What a section is for; the order is that of the image."""

    BOOT = 0
    TEXT = 1
    RODATA = 2
    DATA = 3
    BSS = 4

    @property
    def section(self) -> str:
        return "." + self.name.lower()

    @property
    def access(self) -> int:
        """As ELF's p_flags: 4 read, 2 write, 1 execute."""
        return {Kind.BOOT: 5, Kind.TEXT: 5, Kind.RODATA: 4}.get(self, 6)


@dataclass(frozen=True)
class Layout:
    """Where a program is loaded and where it begins."""

    base: int                           # address of the first byte, page-aligned
    entry: str                          # symbol


@dataclass(frozen=True)
class Placed:
    """A section with its address."""

    number: int                         # in the sequence that was given
    section: Section
    kind: Kind
    address: int

    @property
    def end(self) -> int:
        return self.address + self.section.size


def place(sections: Sequence[Section], base: int) -> list[Placed]:
    """Addresses for all sections that are loaded and not empty, in ascending order."""
    chosen = sorted((kind(section), number) for number, section in enumerate(sections)
                    if section.loaded and section.size and not section.name.startswith(".eh_frame"))
    placed: list[Placed] = []
    address = base
    for of, number in chosen:
        if placed and placed[-1].kind.access != of.access:
            address = align(address, PAGE)
        address = align(address, sections[number].align)
        placed.append(Placed(number, sections[number], of, address))
        address += sections[number].size
    return placed


def borders(placed: Sequence[Placed], base: int) -> dict[str, int]:
    """The symbols by which a program finds its own parts: `bare_text_start`, `bare_text_end` and so on.

    Each end is a page border, so that a part can be mapped with its own access. An absent part is empty.
    """
    end = placed[-1].end if placed else base
    parts = {"text": (Kind.BOOT, Kind.TEXT), "rodata": (Kind.RODATA,), "data": (Kind.DATA, Kind.BSS)}
    symbols = {"bare_image_start": base, "bare_image_end": align(end, PAGE)}
    symbols["bare_loaded_end"] = loaded_end(placed, base)
    at = base
    for name, kinds in parts.items():
        inside = [each for each in placed if each.kind in kinds]
        symbols[f"bare_{name}_start"] = at
        at = align(inside[-1].end, PAGE) if inside else at
        symbols[f"bare_{name}_end"] = at
    return symbols


def loaded_end(placed: Sequence[Placed], base: int) -> int:
    """Where the bytes of the image end: what follows is zero."""
    return align(max((each.end for each in placed if each.kind is not Kind.BSS), default=base), 16)


def kind(section: Section) -> Kind:
    """What the section is for."""
    if section.zero:
        return Kind.BSS
    if section.name.startswith(".boot"):
        return Kind.BOOT
    if section.execute:
        return Kind.TEXT
    return Kind.DATA if section.write else Kind.RODATA


def align(address: int, to: int) -> int:
    return -(-address // to) * to
