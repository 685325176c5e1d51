"""Reading attributes of a config that must be applied even if parts of it are wrong.

A wrong value becomes a warning and the default is used, as init has to go on with the rest of its config.
"""

from __future__ import annotations

from typing import TypeVar

from bastide.base.errors import InvalidNode
from bastide.base.node import Node
from bastide.base.value import Bytes, spell

COUNT_LIMIT = (1 << 63) - 1             # no quota or interval is larger, on any machine
Number = TypeVar("Number", int, Bytes)
Value = TypeVar("Value", bool, int, Bytes)
Result = TypeVar("Result")


class Reader:
    """Collects what is wrong with a config while its values are read."""

    def __init__(self) -> None:
        self.warnings: list[str] = []
        self.errors: list[str] = []

    def value(self, node: Node, name: str, default: Value) -> Value:
        """The attribute, of the type of `default`."""
        try:
            return node.attribute(name, default)
        except InvalidNode as error:
            self.warnings.append(f"{error}, using {spell(default)}")
            return default

    def count(self, node: Node, name: str, default: Number, least: int = 0) -> Number:
        """An attribute that is a number not below `least`."""
        value = self.value(node, name, default)
        if least <= value <= COUNT_LIMIT:
            return value
        self.warnings.append(f"{node.place}: {name}: expected a number from {least} to 2^63-1, using {default}")
        return default

    def accept(self, result: tuple[Result, tuple[str, ...]]) -> Result:
        """The value of a computation that returned its warnings beside it."""
        value, warnings = result
        self.warnings += warnings
        return value
