"""Interfaces between test components, and the session by which they find one another."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NewType

from bastide.base import Bytes, Capability, Interface, OutOfRam, Session, raises, rpc

Inches = NewType("Inches", int)


class BoardSession(Session):
    """Where components pin capabilities under names, for whoever knows the name."""

    service = "Board"

    @rpc
    def put(self, name: str, cap: Capability[Interface]) -> None: ...

    @rpc
    def take(self, name: str) -> Capability[Interface] | None: ...


class HonestSession(Session):
    service, ram_quota, cap_quota = "Honest", "16K", 4

    @rpc
    def serve(self) -> str: ...


class Echo(Interface):
    @rpc
    def echo(self, text: str) -> str: ...

    @rpc
    def keep(self, cap: Capability[Interface] | None) -> bool:
        """Whether it is this very object."""
        ...


class Colour(Enum):
    RED, GREEN = "red", "green"


@dataclass(frozen=True)
class Point:
    x: int
    y: float
    name: str = ""
    colour: Colour | None = None


@dataclass(frozen=True)
class Shape:
    points: tuple[Point, ...]
    origin: Point


class Refused(Exception):
    """Declared by `Everything`."""


class RefusedPolitely(Refused):
    """Declared behind its base."""


class Everything(Interface):
    """One function for each kind of annotation."""

    @rpc
    def scalars(self, truth: bool, number: int, real: float) -> tuple[bool, int, float]: ...

    @rpc
    def texts(self, text: str, content: bytes) -> tuple[str, bytes]: ...

    @rpc
    def derived(self, inches: Inches, size: Bytes, colour: Colour) -> tuple[Inches, Bytes, Colour]: ...

    @rpc
    def shape(self, shape: Shape) -> Shape: ...

    @rpc
    def maybe(self, number: int | None, text: str | None) -> tuple[int | None, str | None]: ...

    @rpc
    def nothing(self, none: None) -> None: ...

    @rpc
    def row(self, numbers: tuple[int, ...], pair: tuple[str, int], none: tuple[()]) -> tuple[int, ...]: ...

    @rpc
    def needs(self, cap: Capability[Interface]) -> Capability[Interface]: ...

    @rpc
    def may(self, cap: Capability[Interface] | None) -> Capability[Interface] | None: ...

    @rpc
    def several(self, caps: tuple[Capability[Interface] | None, ...]) -> tuple[Capability[Interface] | None, ...]: ...

    @rpc
    def defaults(self, first: int, second: str = "two", third: bool = True) -> str: ...

    @rpc
    @raises(Refused, RefusedPolitely, OutOfRam)
    def fail(self, how: str) -> str: ...

    @rpc
    def wrong_result(self) -> int: ...
