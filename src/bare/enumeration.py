"""Enumerations: names for the few values of a state. Numbered from the programmer's hand, as narrow as they can be."""

from __future__ import annotations

import enum
from typing import Self

from bare.integer import u64


class Enum(enum.Enum):
    """The base of enumerations, whose members are given numbers: `FREE = 0`."""

    @property
    def raw(self) -> u64:
        """The number of this member."""
        return u64(self.value)

    @classmethod
    def of(cls, raw: u64) -> Self | None:
        """The member with a number, or None."""
        return next((member for member in cls if member.value == int(raw)), None)
