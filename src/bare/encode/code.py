"""What the encoders of all architectures share: bytes, labels, and references to symbols.

Owns the buffer and the resolution of labels within it. Knows no instruction.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, Self

from bare.link.object import Fragment
from bare.link.relocation import BY_MACHINE, Patch


class EncodingError(Exception):
    """An instruction does not exist with these operands, or a label is missing."""


def by_itself(name: object) -> str:
    """Resolves names of code that refers to no program: only strings have one."""
    if not isinstance(name, str):
        raise EncodingError(f"{name!r} has no symbol here: expected a string")
    return name


class Code:
    """Machine code that grows at its end.

    What jumps, calls and addresses name is a string or an object. A string is a label of this code if there is one of
    that name, before or after the place, else a symbol that the linker knows. An object (a function, a global) is the
    program's, and gets its symbol from `resolve` when the code is finished.
    """

    machine: ClassVar[int]

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._labels: dict[str, int] = {}
        self._exports: dict[str, int] = {}
        self._fixups: list[tuple[int, int, object, int]] = []       # offset, relocation type, name, addend

    def __len__(self) -> int:
        return len(self._bytes)

    def label(self, name: str) -> Self:
        """Name this place within the code."""
        self._check(name not in self._labels, "label", f"{name} is defined twice")
        self._labels[name] = len(self._bytes)
        return self

    def export(self, name: str) -> Self:
        """Name this place for all."""
        self._check(name not in self._exports, "export", f"{name} is defined twice")
        self._exports[name] = len(self._bytes)
        return self

    def data(self, content: bytes) -> Self:
        """Bytes that are no instruction, or one that this encoder lacks."""
        self._bytes += content
        return self

    def words(self, *values: int) -> Self:
        """32-bit words."""
        for value in values:
            self._number(value, 4)
        return self

    def align(self, to: int, fill: bytes = b"\0") -> Self:
        """Repeat `fill` up to an address that is a multiple of `to`."""
        self._check(-len(self._bytes) % to % len(fill) == 0, "align", f"no number of {fill!r} reaches {to}")
        self._bytes += fill * (-len(self._bytes) % to // len(fill))
        return self

    def references(self) -> Sequence[object]:
        """The objects that the code names, each once."""
        found = {id(name): name for _, _, name, _ in self._fixups if not isinstance(name, str)}
        return list(found.values())

    def fragment(self, symbol: str, resolve: Callable[[object], str] = by_itself, *, section: str = ".text",
                 align: int = 16) -> Fragment:
        """The finished code under a name, for the linker."""
        data = bytearray(self._bytes)
        fixups: list[tuple[int, int, str, int]] = []
        for offset, type_, name, addend in self._fixups:
            if isinstance(name, str) and name in self._labels:
                BY_MACHINE[self.machine][type_](Patch(data, offset, offset, self._labels[name] + addend, name))
            else:
                fixups.append((offset, type_, name if isinstance(name, str) else resolve(name), addend))
        return Fragment(symbol, bytes(data), align, section, dict(self._exports), tuple(fixups))

    def _fixup(self, type_: int, name: object, addend: int = 0) -> None:
        """The bytes that come next depend on the address of `name`."""
        self._fixups.append((len(self._bytes), type_, name, addend))

    def _number(self, value: int, size: int) -> Self:
        self._bytes += (value & (1 << 8 * size) - 1).to_bytes(size, "little")
        return self

    def _check(self, condition: bool, instruction: str, complaint: str) -> None:
        if not condition:
            raise EncodingError(f"{instruction}: {complaint}")
