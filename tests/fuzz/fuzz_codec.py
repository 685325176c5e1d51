"""Messages: what can't be unpacked is an IpcError, and what can is packed to the same values again."""

from __future__ import annotations

from typing import Any, cast

from components.contracts import Colour, Inches, Point, Shape
from fuzz.harness import Target

from bastide.base import Affinity, Bytes, Capability, DataspaceCap, Interface, IpcError
from bastide.base.codec import HEAD, Layout
from bastide.base.platform import Caps, Handle, Kernel

KERNEL = cast(Kernel, object())

ROWS: tuple[tuple[Any, ...], ...] = (
    (bool, int, float), (str,), (int, bytes), (str, str), (Shape,), (int | None, str | None, Point | None),
    (tuple[int, ...], tuple[str, int], tuple[()]), (Capability[Interface], Capability[Interface] | None),
    (tuple[Capability[Interface] | None, ...],), (Inches, Bytes, Colour), (None,), (int, str, str, Affinity),
    (tuple[tuple[str, ...], ...],), (tuple[Point, ...], DataspaceCap | None), (tuple[None, ...],))
LAYOUTS = [Layout(row) for row in ROWS]


def check(data: bytes) -> None:
    if len(data) < 2:
        return
    layout, handles = LAYOUTS[data[0] % len(LAYOUTS)], _handles(data[1] % 5)
    message = data[2:]
    try:
        values = layout.unpack(message, handles, KERNEL)
    except IpcError as error:
        assert len(str(error)) < 300
        return
    packed, caps = layout.pack(message[:HEAD], values)
    assert len(packed) <= len(message)
    assert repr(_plain(layout.unpack(packed, caps, KERNEL))) == repr(_plain(values))
    assert layout.pack(message[:HEAD], layout.unpack(packed, caps, KERNEL)) == (packed, caps)


def _handles(count: int) -> Caps:
    return tuple(Handle(f"handle {number}") if number != 2 else None for number in range(count))


def _plain(value: Any) -> Any:
    """Values whose text says all: capabilities by their handles."""
    if isinstance(value, Capability):
        return value.handle
    return [_plain(item) for item in value] if isinstance(value, tuple | list) else value


def _example(number: int, *values: Any) -> bytes:
    return bytes((number, 4)) + LAYOUTS[number].pack(bytes(HEAD), values)[0]


_POINT = Point(1, 2.0, "name", Colour.GREEN)
_CAP = Capability[Interface](Handle("handle 0"), Interface, KERNEL)

TARGET = Target(check, [
    _example(0, True, -1, 0.5), _example(1, "text"), _example(2, 7, b"bytes"), _example(3, "one", "two"),
    _example(4, Shape((_POINT, _POINT), _POINT)), _example(5, 3, None, _POINT), _example(6, (1, 2), ("a", 1), ()),
    _example(7, _CAP, None), _example(8, (_CAP, None)), _example(9, Inches(3), Bytes(4), Colour.RED),
    _example(11, 1, "PD", "label", Affinity()), _example(12, (("a", "b"), ())), _example(13, (_POINT,), None),
    _example(14, (None, None))], [b"\1\0\0\0", b"\0\0\0\0", b"\xff\xff\xff\x7f"], calls=300, memory=5000)
