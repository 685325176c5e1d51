"""Structs and arrays: what has a place in memory.

Names refer to them, as to any object of Python. Assigning to a field or an element that is one copies into its place,
as `ctypes` does, for a place can't move. `copy` makes a new one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Generic, Self, TypeVar, dataclass_transform, overload

from bare.integer import Integer, u64
from bare.kinds import field_kinds, layout, number, sequence, zero
from bare.view import Slice, index, snapshot, span, store

T = TypeVar("T")
N = TypeVar("N", bound=int)

Ref = Annotated[T, "reference"]
"""A struct or array that lives elsewhere: the type of results that are no copies."""


@dataclass_transform()
class Struct:
    """The base of annotated classes. `packed=True` leaves no gaps between fields."""

    __packed__ = False

    def __init_subclass__(cls, packed: bool = False, **rest: Any) -> None:
        super().__init_subclass__(**rest)
        cls.__packed__ = packed

    def __init__(self, *values: Any, **named: Any) -> None:
        fields = field_kinds(type(self))
        given = dict(zip(fields, values, strict=False)) | named
        if len(values) + len(named) != len(fields) or given.keys() != fields.keys():
            raise TypeError(f"{type(self).__name__} takes {', '.join(fields)}")
        for name in fields:
            self.__dict__[name] = snapshot(given[name])

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in self.__dict__:
            raise AttributeError(f"{type(self).__name__} has no field {name}")
        present = self.__dict__[name]
        if isinstance(present, (Struct, Array)):
            present.__assign__(value)
            return
        if isinstance(present, (Integer, bool)) and type(value) is not type(present) and value is not None:
            raise TypeError(f"{name}: expected {type(present).__name__}, got {type(value).__name__}")
        self.__dict__[name] = value

    def __assign__(self, source: Self) -> None:
        for name, value in source.__duplicate__().__dict__.items():
            if hasattr(self.__dict__[name], "__assign__"):
                self.__dict__[name].__assign__(value)
            else:
                self.__dict__[name] = value

    def __duplicate__(self) -> Self:
        made = object.__new__(type(self))
        for name, value in self.__dict__.items():
            made.__dict__[name] = snapshot(value)
        return made

    @classmethod
    def __zero__(cls, arguments: Sequence[Any]) -> Self:
        made = object.__new__(cls)
        bindings = cls.__bindings__(arguments)
        for name, kind in field_kinds(cls).items():
            made.__dict__[name] = zero(kind, bindings)
        return made

    @classmethod
    def __layout__(cls, arguments: Sequence[Any]) -> tuple[int, int]:
        bindings = cls.__bindings__(arguments)
        return sequence([layout(kind, bindings) for kind in field_kinds(cls).values()], cls.__packed__)

    @classmethod
    def __bindings__(cls, arguments: Sequence[Any]) -> dict[Any, Any]:
        return dict(zip(getattr(cls, "__parameters__", ()), arguments, strict=True))


class Array(Generic[T, N]):
    """Elements of one type, as many as the type says: `Array[u8, Literal[16]]`."""

    __slots__ = ("_cells",)

    def __init__(self, *elements: T) -> None:
        self._cells = [snapshot(element) for element in elements]

    def __len__(self) -> int:
        return len(self._cells)

    @overload
    def __getitem__(self, at: u64 | int) -> T: ...

    @overload
    def __getitem__(self, at: slice[u64 | int | None, u64 | int | None, None]) -> Slice[T]: ...

    def __getitem__(self, at: u64 | int | slice[u64 | int | None, u64 | int | None, None]) -> T | Slice[T]:
        if isinstance(at, slice):
            return Slice(self._cells, *span(at, len(self._cells)))
        return self._cells[index(at, len(self._cells))]

    def __setitem__(self, at: u64 | int, value: T) -> None:
        store(self._cells, index(at, len(self._cells)), value)

    def __iter__(self) -> Iterator[T]:
        yield from self[:]

    def __assign__(self, source: Self) -> None:
        self[:].copy_from(source[:])

    def __duplicate__(self) -> Self:
        made = type(self)()
        made._cells = [snapshot(cell) for cell in self._cells]
        return made

    @classmethod
    def __zero__(cls, arguments: Sequence[Any]) -> Self:
        element, length = arguments
        made = cls()
        made._cells = [zero(element, {}) for _ in range(number(length))]
        return made

    @classmethod
    def __layout__(cls, arguments: Sequence[Any]) -> tuple[int, int]:
        element, length = arguments
        size, alignment = layout(element, {})
        return size * number(length), alignment


def copy(value: T) -> T:
    """A new struct or array with the same contents."""
    return snapshot(value)
