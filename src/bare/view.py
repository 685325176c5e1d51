"""Slices: a place and a length, bounds checked. A `View` reads, a `Slice` writes too; neither owns what it shows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar, overload

from bare.integer import u8, u64
from bare.trap import Kind, Trap

T = TypeVar("T")
S = TypeVar("S")


class View(Generic[T]):
    """Elements of an array that can be read."""

    __slots__ = ("_cells", "_length", "_start")
    __pointer__ = True

    def __init__(self, cells: list[T], start: int, length: int) -> None:
        self._cells, self._start, self._length = cells, start, length

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, at: u64 | int) -> T: ...

    @overload
    def __getitem__(self, at: slice[u64 | int | None, u64 | int | None, None]) -> View[T]: ...

    def __getitem__(self, at: u64 | int | slice[u64 | int | None, u64 | int | None, None]) -> T | View[T]:
        if isinstance(at, slice):
            start, length = span(at, self._length)
            return type(self)(self._cells, self._start + start, length)
        return self._cells[self._start + index(at, self._length)]

    def __iter__(self) -> Iterator[T]:
        for at in range(self._length):
            yield self._cells[self._start + at]


class Slice(View[T]):
    """Elements of an array that can be read and written."""

    __slots__ = ()

    @overload
    def __getitem__(self, at: u64 | int) -> T: ...

    @overload
    def __getitem__(self, at: slice[u64 | int | None, u64 | int | None, None]) -> Slice[T]: ...

    def __getitem__(self, at: u64 | int | slice[u64 | int | None, u64 | int | None, None]) -> T | View[T]:
        return super().__getitem__(at)

    def __setitem__(self, at: u64 | int, value: T) -> None:
        store(self._cells, self._start + index(at, self._length), value)

    def copy_from(self, source: View[T]) -> None:
        """All elements of a view of the same length; the two may overlap."""
        if source._length != self._length:
            raise Trap(Kind.INDEX, f"{source._length} elements into {self._length}")
        values = [snapshot(value) for value in source]
        for at, value in enumerate(values):
            store(self._cells, self._start + at, value)

    def fill(self, value: T) -> None:
        for at in range(self._length):
            store(self._cells, self._start + at, value)


def utf8(text: str) -> View[u8]:
    """The bytes of a literal text."""
    cells = [u8(byte) for byte in text.encode()]
    return View(cells, 0, len(cells))


def index(at: object, length: int) -> int:
    """An index that was checked. Negative ones don't count from the end."""
    number = _bound(at)
    if not 0 <= number < length:
        raise Trap(Kind.INDEX, f"{number} of {length}")
    return number


def span(at: slice[u64 | int | None, u64 | int | None, None], length: int) -> tuple[int, int]:
    """Start and length of a slice: nothing is clipped, for that hides mistakes."""
    start = 0 if at.start is None else _bound(at.start)
    stop = length if at.stop is None else _bound(at.stop)
    if at.step is not None:
        raise TypeError("a slice has no step")
    if not 0 <= start <= stop <= length:
        raise Trap(Kind.INDEX, f"{start}:{stop} of {length}")
    return start, stop - start


def store(cells: list[S], at: int, value: S) -> None:
    """Write an element: aggregates are copied into place."""
    assign = getattr(cells[at], "__assign__", None)
    if assign is not None:
        assign(value)
        return
    if type(value) is not type(cells[at]) and value is not None and cells[at] is not None:
        raise TypeError(f"expected {type(cells[at]).__name__}, got {type(value).__name__}")
    cells[at] = value


def snapshot(value: S) -> S:
    """A value that later writes don't change."""
    duplicate = getattr(value, "__duplicate__", None)
    return value if duplicate is None else duplicate()


def _bound(at: object) -> int:
    if type(at) is u64:
        return at._value
    if type(at) is int:
        return at
    raise TypeError(f"expected u64 as an index, got {type(at).__name__}")
