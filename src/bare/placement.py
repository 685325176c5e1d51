"""Where things go in the image, and how a program is entered. Under CPython, none of it means anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

F = TypeVar("F", bound=Callable[..., object])

TARGET: Final[str] = "host"
"""The machine that the program is compiled for: "x86_64", "aarch64", "riscv64", or "host", also under CPython."""


@dataclass(frozen=True)
class section:
    """The section of a function (as a decorator) or of a global (in its `Annotated`)."""

    name: str

    def __call__(self, function: F) -> F:
        return function


@dataclass(frozen=True)
class align:
    """The alignment in bytes of a function or of a global."""

    bytes: int

    def __call__(self, function: F) -> F:
        return function


@dataclass(frozen=True)
class export:
    """Gives a function a symbol that code from outside of the language can call."""

    symbol: str

    def __call__(self, function: F) -> F:
        return function


def entry(function: F) -> F:
    """The function that the start-up code calls."""
    return function


def panic(function: F) -> F:
    """The function that every trap calls: with its kind, file, line, and message."""
    return function


def inline(function: F) -> F:
    """Always inlined."""
    return function


def noinline(function: F) -> F:
    """Never inlined."""
    return function
