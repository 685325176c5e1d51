"""Results: an error is a value, which its receiver has to look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
E = TypeVar("E")


@dataclass(frozen=True, slots=True)
class Ok(Generic[T]):
    """It worked; here is what came out."""

    value: T


@dataclass(frozen=True, slots=True)
class Err(Generic[E]):
    """It did not work; here is why."""

    error: E


Result = Ok[T] | Err[E]
