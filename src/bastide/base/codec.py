"""Values in messages: what an annotation allows can travel, and nothing else is let in.

Legal are bool, int (64 bit, signed), float, str, bytes, None, enums, NewTypes and subclasses of these, frozen
dataclasses, tuples, `X | None`, and `Capability[X]` (which may be None only if annotated so). Annotations are compiled
once, to a `Layout`. Values of fixed size that come first are packed by one `struct`; that is all there is to most
messages, and the reason why a typed call costs little more than an untyped one. What comes after the first value of
variable size is packed piece by piece.

A message is a stranger's: unpacking checks every length against what is really there before it builds anything.
"""

from __future__ import annotations

import dataclasses
import enum
import types
import typing
from collections.abc import Callable, Sequence
from functools import partial
from struct import Struct
from struct import error as StructError
from typing import Any

from bastide.base.capability import Capability
from bastide.base.platform import Caps, Handle, IpcError, Kernel

_SCALARS: dict[type, str] = {bool: "?", int: "q", float: "d"}
_COUNT = Struct("<I")

HEAD = 2
"""Bytes in front of the values: what they are for."""


@dataclasses.dataclass(slots=True)
class _Reading:
    """A message being unpacked: what is left of it."""

    data: bytes
    at: int
    caps: Caps
    kernel: Kernel
    taken: int = 0

    def bytes(self, size: int) -> bytes:
        end = self.at + size
        if end > len(self.data):
            raise IpcError("malformed message: it ends within a value")
        piece, self.at = self.data[self.at:end], end
        return piece

    def count(self) -> int:
        """A number of bytes or items that follow; each takes a byte at least."""
        count: int = _COUNT.unpack(self.bytes(4))[0]
        if count > len(self.data) - self.at:
            raise IpcError(f"malformed message: {count} items announced, {len(self.data) - self.at} bytes left")
        return count

    def cap(self) -> Handle | None:
        if self.taken >= len(self.caps):
            raise IpcError("malformed message: it lacks a capability")
        self.taken += 1
        return self.caps[self.taken - 1]


Put = Callable[[Any, list[bytes], list[Handle | None]], None]
Take = Callable[[_Reading], Any]


@dataclasses.dataclass(frozen=True, slots=True)
class _Kind:
    """How values of one annotation travel. Scalars have a `code` of struct, and conversions if they aren't plain."""

    put: Put
    take: Take
    code: str = ""
    wire: Callable[[Any], Any] | None = None
    value: Callable[[Any], Any] | None = None
    text: type | None = None            # str or bytes: may travel without a length as the last value


class Layout:
    """How a row of values travels, behind a head of two bytes."""

    def __init__(self, annotations: Sequence[Any]) -> None:
        kinds = [_kind(annotation) for annotation in annotations]
        fixed = 0
        while fixed < len(kinds) and kinds[fixed].code:
            fixed += 1
        self._fixed, self._rest = fixed, kinds[fixed:]
        codes = "".join(kind.code for kind in kinds[:fixed])
        self._packed, unpacking = Struct("<" + codes), Struct(f"<{HEAD}x{codes}")
        self._unpack_all, self._unpack_first = unpacking.unpack, unpacking.unpack_from
        self._size = unpacking.size
        self._wires = [(n, kind.wire) for n, kind in enumerate(kinds[:fixed]) if kind.wire]
        self._values = [(n, kind.value) for n, kind in enumerate(kinds[:fixed]) if kind.value]
        self._text = self._rest[0].text if len(self._rest) == 1 else None

    def pack(self, head: bytes, values: Sequence[Any]) -> tuple[bytes, Caps]:
        """Raises TypeError or ValueError if a value is none of its annotation."""
        if self._wires:
            values = list(values)
            for place, wire in self._wires:
                values[place] = wire(values[place])
        try:
            if not self._rest:
                return head + self._packed.pack(*values), ()
            if self._text is str:
                return head + self._packed.pack(*values[:-1]) + values[-1].encode(), ()
            if self._text is bytes:
                return head + self._packed.pack(*values[:-1]) + values[-1], ()
            fixed = self._fixed
            pieces = [head, self._packed.pack(*values[:fixed])]
            caps: list[Handle | None] = []
            for kind, value in zip(self._rest, values[fixed:], strict=True):
                kind.put(value, pieces, caps)
            return b"".join(pieces), tuple(caps)
        except StructError as error:
            raise ValueError(f"a value does not fit its annotation: {error}") from None

    def unpack(self, data: bytes, caps: Caps, kernel: Kernel) -> Sequence[Any]:
        """Raises IpcError if the message is none of this layout. The head has been looked at by the caller."""
        try:
            values: Sequence[Any]
            if not self._rest:
                values = self._unpack_all(data)
            elif self._text is str:
                values = (*self._unpack_first(data), data[self._size:].decode())
            elif self._text is bytes:
                values = (*self._unpack_first(data), data[self._size:])
            else:
                values = self._unpack_first(data)
                reading = _Reading(data, self._size, caps, kernel)
                values = (*values, *[kind.take(reading) for kind in self._rest])
                if reading.at != len(data):
                    raise IpcError(f"malformed message: {len(data) - reading.at} bytes too many")
            return self._converted(values) if self._values else values
        except (StructError, ValueError, TypeError, OverflowError, RecursionError) as error:
            raise IpcError(f"malformed message: {error}") from None

    def _converted(self, values: Sequence[Any]) -> Sequence[Any]:
        converted = list(values)
        for place, value in self._values:
            converted[place] = value(converted[place])
        return converted


def _kind(annotation: Any) -> _Kind:
    """Compile one annotation. Raises TypeError for what can't travel."""
    while hasattr(annotation, "__supertype__"):
        annotation = annotation.__supertype__
    origin = typing.get_origin(annotation)
    if origin in (types.UnionType, typing.Union):
        return _optional(annotation)
    if origin is Capability or annotation is Capability:
        return _capability(annotation, optional=False)
    if origin is tuple:
        return _tuple(typing.get_args(annotation))
    if annotation is None or annotation is type(None):
        return _Kind(lambda value, pieces, caps: None, lambda reading: None)
    if isinstance(annotation, type):
        if issubclass(annotation, enum.Enum):
            return _enum(annotation)
        if dataclasses.is_dataclass(annotation):
            return _dataclass(annotation)
        if issubclass(annotation, tuple) and hasattr(annotation, "_fields"):
            return _named_tuple(annotation)
        if issubclass(annotation, str | bytes):
            return _text(annotation)
        for scalar, code in _SCALARS.items():
            if issubclass(annotation, scalar):
                return _scalar(annotation, code, None, None if annotation is scalar else annotation)
    raise TypeError(f"{annotation!r} can't travel in a message: legal are bool, int, float, str, bytes, None, enums, "
                    "frozen dataclasses, tuples with and without names, X | None and Capability[X]")


def _scalar(annotation: type, code: str, wire: Callable[[Any], Any] | None,
            value: Callable[[Any], Any] | None) -> _Kind:
    struct = Struct("<" + code)

    def put(this: Any, pieces: list[bytes], caps: list[Handle | None]) -> None:
        pieces.append(struct.pack(wire(this) if wire else this))

    def take(reading: _Reading) -> Any:
        plain = struct.unpack(reading.bytes(struct.size))[0]
        return value(plain) if value else plain

    return _Kind(put, take, code, wire, value)


def _enum(annotation: type[enum.Enum]) -> _Kind:
    """Enums travel as the position of the member."""
    members = tuple(annotation)
    positions = {member: place for place, member in enumerate(members)}

    def value(place: int) -> enum.Enum:
        if place >= len(members):
            raise ValueError(f"{annotation.__name__} has no member number {place}")
        return members[place]

    return _scalar(annotation, "H", positions.__getitem__, value)


def _text(annotation: type) -> _Kind:
    plain = str if issubclass(annotation, str) else bytes

    def put(value: Any, pieces: list[bytes], caps: list[Handle | None]) -> None:
        content = value.encode() if plain is str else value
        pieces += (_COUNT.pack(len(content)), content)

    def take(reading: _Reading) -> Any:
        content = reading.bytes(reading.count())
        text: Any = content.decode() if plain is str else content
        return text if annotation is plain else annotation(text)

    return _Kind(put, take, text=plain if annotation is plain else None)


def _optional(annotation: Any) -> _Kind:
    options = [option for option in typing.get_args(annotation) if option is not type(None)]
    if len(options) != 1 or len(typing.get_args(annotation)) != 2:
        raise TypeError(f"{annotation!r} can't travel in a message: of unions, only X | None can")
    if typing.get_origin(options[0]) is Capability or options[0] is Capability:
        return _capability(options[0], optional=True)
    kind = _kind(options[0])

    def put(value: Any, pieces: list[bytes], caps: list[Handle | None]) -> None:
        pieces.append(b"\0" if value is None else b"\1")
        if value is not None:
            kind.put(value, pieces, caps)

    return _Kind(put, lambda reading: kind.take(reading) if reading.bytes(1) != b"\0" else None)


def _capability(annotation: Any, *, optional: bool) -> _Kind:
    """Capabilities travel beside the message, in order."""
    interface: Any = (typing.get_args(annotation) or (None,))[0]

    def put(value: Any, pieces: list[bytes], caps: list[Handle | None]) -> None:
        if value is None and not optional:
            raise TypeError("a capability is needed, got None")
        caps.append(None if value is None else value.handle)

    def take(reading: _Reading) -> Any:
        handle = reading.cap()
        if handle is None and not optional:
            raise IpcError("malformed message: a capability is needed, got an invalid one")
        return None if handle is None else Capability(handle, interface, reading.kernel)

    return _Kind(put, take)


def _tuple(parts: tuple[Any, ...]) -> _Kind:
    if len(parts) == 2 and parts[1] is Ellipsis:
        item = _kind(parts[0])

        def put_all(values: Any, pieces: list[bytes], caps: list[Handle | None]) -> None:
            pieces.append(_COUNT.pack(len(values)))
            for value in values:
                item.put(value, pieces, caps)
            pieces.append(bytes(len(values)))       # so that each item takes a byte, also if it is a capability

        def take_all(reading: _Reading) -> Any:
            count = reading.count()
            values = tuple([item.take(reading) for _ in range(count)])
            reading.bytes(count)
            return values

        return _Kind(put_all, take_all)
    return _row([_kind(part) for part in parts], lambda value: value, tuple)


def _dataclass(annotation: Any) -> _Kind:
    hints = typing.get_type_hints(annotation)
    names = [field.name for field in dataclasses.fields(annotation)]
    return _row([_kind(hints[name]) for name in names],
                lambda value: [getattr(value, name) for name in names], lambda values: annotation(*values))


def _named_tuple(annotation: Any) -> _Kind:
    hints = typing.get_type_hints(annotation)
    return _row([_kind(hints[name]) for name in annotation._fields], lambda value: value,
                partial(tuple.__new__, annotation))


def _row(kinds: list[_Kind], split: Callable[[Any], Sequence[Any]], join: Callable[[list[Any]], Any]) -> _Kind:
    def put(value: Any, pieces: list[bytes], caps: list[Handle | None]) -> None:
        for kind, part in zip(kinds, split(value), strict=True):
            kind.put(part, pieces, caps)

    return _Kind(put, lambda reading: join([kind.take(reading) for kind in kinds]))
