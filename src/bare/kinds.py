"""The runtime meaning of annotations: zero values and sizes of every type that memory can hold.

Knows types as CPython shows them (classes, `Array[u8, Literal[4]]`, `u32 | None`). The compiler has a model of its own
and lays out memory by the same rule: each field at the next multiple of its alignment, in the order of declaration.
"""

from __future__ import annotations

import enum
import inspect
import types
import typing
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin

from bare.integer import Integer, u64

T = TypeVar("T")
Bindings = Mapping[Any, Any]

_fields: dict[type, dict[str, Any]] = {}        # resolved annotations, by class


def zeroed(kind: type[T]) -> T:
    """A value whose bits are all zero: what a kernel's memory starts with."""
    value: T = zero(kind, {})
    return value


def sizeof(kind: object) -> u64:
    """The bytes that a value takes in memory."""
    return u64(layout(kind, {})[0])


def zero(kind: Any, bindings: Bindings) -> Any:
    """The zero of a type, inside of a generic class with the given arguments."""
    kind = plain(kind, bindings)
    origin = get_origin(kind) or kind
    if origin is bool:
        return False
    if isinstance(origin, type) and issubclass(origin, Integer):
        return origin(0)
    if origin in (typing.Union, types.UnionType) and type(None) in get_args(kind):
        return None
    if isinstance(origin, type) and issubclass(origin, enum.Enum):
        return origin(0)
    make = getattr(origin, "__zero__", None)
    if make is None:
        raise TypeError(f"{_name(kind)} has no zero")
    return make(tuple(plain(argument, bindings) for argument in get_args(kind)))


def layout(kind: Any, bindings: Bindings) -> tuple[int, int]:
    """Size and alignment in bytes."""
    kind = plain(kind, bindings)
    origin = get_origin(kind) or kind
    arguments = tuple(plain(argument, bindings) for argument in get_args(kind))
    if origin is bool:
        return 1, 1
    if isinstance(origin, type) and issubclass(origin, Integer):
        return origin.bits // 8, origin.bits // 8
    if isinstance(origin, type) and issubclass(origin, enum.Enum):
        bits = enum_bits(max(int(member.value) for member in origin))
        return bits // 8, bits // 8
    if origin in (typing.Union, types.UnionType) and type(None) in arguments:
        payload = next(argument for argument in arguments if argument is not type(None))
        if getattr(get_origin(payload) or payload, "__pointer__", False):
            return 8, 8
        return sequence([(1, 1), layout(payload, bindings)])
    measure = getattr(origin, "__layout__", None)
    if measure is None:
        raise TypeError(f"{_name(kind)} has no size")
    size, alignment = measure(arguments)
    return size, alignment


def sequence(parts: list[tuple[int, int]], packed: bool = False) -> tuple[int, int]:
    """Size and alignment of fields one after the other."""
    at, widest = 0, 1
    for size, alignment in parts:
        alignment = 1 if packed else alignment
        at = -(-at // alignment) * alignment + size
        widest = max(widest, alignment)
    return -(-at // widest) * widest, widest


def enum_bits(highest: int) -> int:
    """The width of an enumeration: the narrowest that holds its values."""
    return next(bits for bits in (8, 16, 32, 64) if highest < 1 << bits)


def field_kinds(owner: type) -> dict[str, Any]:
    """The annotated fields of a class, in the order of declaration."""
    if owner not in _fields:
        hints = typing.get_type_hints(owner, include_extras=True)
        _fields[owner] = {name: hints[name] for name in inspect.get_annotations(owner)}
    return _fields[owner]


def plain(kind: Any, bindings: Bindings) -> Any:
    """A type without what only the compiler reads, and with the arguments of the generic class around it."""
    while get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    return bindings.get(kind, kind) if isinstance(kind, TypeVar) else kind


def number(kind: Any) -> int:
    """The number in `Literal[16]`."""
    if get_origin(kind) is not Literal:
        raise TypeError(f"expected a length like Literal[16], got {_name(kind)}")
    return int(get_args(kind)[0])


def _name(kind: Any) -> str:
    return getattr(kind, "__name__", None) or str(kind)
