"""Values as configurations write them: units of memory and of time, and the reading of text as a typed value.

Amounts of memory and of time are types of their own, so that they can't be mixed up with other numbers. This file knows
how a value is spelt, not where the text comes from.
"""

from __future__ import annotations

import re
from typing import Any, TypeAlias, TypeVar, cast

Value: TypeAlias = bool | int | float | str
V = TypeVar("V", bound=Value)

_SUFFIXES = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
_BOOLEANS = {"yes": True, "true": True, "on": True, "1": True, "no": False, "false": False, "off": False, "0": False}

# Numbers are those of a 64-bit machine: 20 decimal or 16 hexadecimal digits, so that hostile digits cost nothing.
_SMALLEST, _LARGEST = -1 << 63, (1 << 64) - 1
_DIGITS = r"(?:0[xX][0-9a-fA-F]{1,16}+(?![0-9a-fA-F])|[0-9]{1,20}+(?![0-9]))"
_INTEGER = re.compile(rf"[+-]?{_DIGITS}")
_BYTES = re.compile(rf"({_DIGITS})([KMG]?)")
_FLOAT = re.compile(r"[+-]?(?:[0-9]{1,400}+(?:\.[0-9]{0,400}+)?|\.[0-9]{1,400}+)(?:[eE][+-]?[0-9]{1,3}+)?(?![0-9])")


class Bytes(int):
    """A number of bytes, written and printed as `4096`, `16K`, `1536K`, `2M`. Raises ValueError for anything else."""

    def __new__(cls, value: int | str) -> Bytes:
        if isinstance(value, str):
            match = _BYTES.fullmatch(value)
            if match is None:
                raise ValueError(f"'{value[:40]}' is no number of bytes such as 4096, 0x1000, 16K, 2M or 1G")
            value = _integer(match[1]) * _SUFFIXES[match[2]]
        if not 0 <= value <= _LARGEST:
            raise ValueError(f"{value:#x} is no number of bytes: it must be within 0 and {_LARGEST:#x}")
        return super().__new__(cls, value)

    def __str__(self) -> str:
        for suffix, unit in reversed(_SUFFIXES.items()):
            if self and self % unit == 0:
                return f"{self // unit}{suffix}"
        return "0"


class Duration(int):
    """A span of time in microseconds."""

    def __str__(self) -> str:
        return f"{self // 1000} ms" if self % 1000 == 0 else f"{int(self)} µs"


def milliseconds(count: float) -> Duration:
    return Duration(count * 1000)


def seconds(count: float) -> Duration:
    return Duration(count * 1_000_000)


def read(text: str, kind: type[V], *, prefix: bool = False) -> V:
    """`text` as a value of the given kind. Raises ValueError.

    Booleans are yes/no, true/false, on/off or 1/0, integers decimal or `0x`, `Bytes` may end in K, M or G. With
    `prefix`, a number may be followed by anything, which is how values in XML are read.
    """
    if issubclass(kind, str):
        return cast(V, kind(text))
    if issubclass(kind, bool):
        if text not in _BOOLEANS:
            raise ValueError(f"'{text[:40]}' is no boolean such as yes or no")
        return cast(V, _BOOLEANS[text])
    pattern, convert = _NUMBERS.get(kind, (_INTEGER, lambda digits: kind(_integer(digits))))
    match = pattern.match(text) if prefix else pattern.fullmatch(text)
    if match is None:
        raise ValueError(f"'{text[:40]}' is no number")
    return cast(V, convert(match[0]))


def spell(value: Value) -> str:
    """The text of a value, as `read` takes it: `yes` and `no`, six decimals, `16K`. Raises ValueError for NaN."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Duration):
        return repr(int(value))
    if isinstance(value, float):
        if value - value != 0:
            raise ValueError(f"{value} can't be written as a number")
        return f"{value:.6f}"
    return str(value)


def _integer(text: str) -> int:
    value = int(text, 16 if text.lstrip("+-")[:2] in ("0x", "0X") else 10)
    if not _SMALLEST <= value <= _LARGEST:
        raise ValueError(f"{text} exceeds 64 bits")
    return value


def _finite(text: str) -> float:
    value = float(text)
    if value - value != 0:
        raise ValueError(f"'{text[:40]}' is too large")
    return value


_NUMBERS: dict[type, tuple[re.Pattern[str], Any]] = {
    int: (_INTEGER, _integer),
    Bytes: (_BYTES, Bytes),
    float: (_FLOAT, _finite),
}
