"""`range` and `len` whose numbers have a width."""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from typing import Any, TypeVar, overload

from bare.aggregate import Array
from bare.integer import Integer, u64
from bare.view import View

I = TypeVar("I", bound=Integer)  # noqa: E741, the letter of the integers' type


@overload
def range(stop: int, /) -> Iterator[u64]: ...
@overload
def range(stop: I, /) -> Iterator[I]: ...
@overload
def range(start: int, stop: int, step: int = 1, /) -> Iterator[u64]: ...
@overload
def range(start: I | int, stop: I, step: int = 1, /) -> Iterator[I]: ...
@overload
def range(start: I, stop: I | int, step: int = 1, /) -> Iterator[I]: ...
def range(first: Any, stop: Any = None, step: int = 1, /) -> Iterator[Any]:
    """The numbers from start to before stop; of literals alone they are u64. The step is a literal."""
    start, stop = (0, first) if stop is None else (first, stop)
    kind = next((type(bound) for bound in (start, stop) if isinstance(bound, Integer)), u64)
    for bound in (start, stop):
        if type(bound) not in (kind, int):
            raise TypeError(f"expected {kind.__name__}, got {type(bound).__name__}")
    return map(kind, builtins.range(int(start), int(stop), step))


def len(sized: Array[Any, Any] | View[Any]) -> u64:
    """The number of elements."""
    return u64(builtins.len(sized))
