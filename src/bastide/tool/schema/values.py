"""Types of attributes: what a value must look like, and how a message puts that."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from bastide.base.value import Bytes, Value, read
from bastide.tool.schema.pattern import Pattern

_COUNT_LIMIT = (1 << 63) - 1            # no quota or interval is larger, on any machine
_CHOICES = re.compile(r"[^\\\[\](){}*+?.^$|]+(?:\|[^\\\[\](){}*+?.^$|]+)*")


@dataclass(frozen=True)
class ValueType:
    """What the text of an attribute can be. Values are read as components read them."""

    name: str
    expected: str
    kind: type[Value] = str
    least: int | None = None
    most: int | None = None
    pattern: Pattern | None = None

    def accepts(self, text: str) -> bool:
        if self.pattern is not None:
            return self.pattern.matches(text)
        try:
            value = read(text, self.kind)
        except ValueError:
            return False
        return not isinstance(value, int) or ((self.least is None or self.least <= value)
                                              and (self.most is None or value <= self.most))

    @property
    def choices(self) -> tuple[str, ...]:
        """The words of an enumeration."""
        flat = self.pattern is not None and _CHOICES.fullmatch(self.pattern.text)
        return tuple(flat[0].split("|")) if flat else ()

    def within(self, name: str, least: int | None, most: int | None) -> ValueType:
        """The same with a range."""
        low, high = (bound if bound is not None else own for bound, own in ((least, self.least), (most, self.most)))
        limits = f" from {low} to {high}" if most is not None else f" from {low}" if least is not None else ""
        return ValueType(name, self.expected.partition(" such as ")[0] + limits, self.kind, low, high)

    @classmethod
    def described(cls, name: str, pattern: str) -> ValueType:
        """The type of all values that a pattern describes. Raises InvalidPattern."""
        made = cls(name, "", pattern=Pattern(pattern))
        expected = " or ".join(made.choices) if made.choices else f"a value of the form '{pattern}'"
        return cls(name, expected, pattern=made.pattern)


KNOWN: Mapping[str, ValueType] = MappingProxyType({known.name: known for known in (
    ValueType("bool", "yes or no", bool),
    ValueType("number", "a number", int, 0, _COUNT_LIMIT),
    ValueType("integer", "a number", int),
    ValueType("bytes", "a number of bytes such as 16K", Bytes, 0, _COUNT_LIMIT),
    ValueType("float", "a number such as 2.5", float),
    ValueType("text", "a text"),
    ValueType("name", "a text that is not empty", pattern=Pattern(".+")),
)})
"""Types that every schema has without defining them. Its own definition of one of these names takes precedence."""
