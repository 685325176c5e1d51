"""What a list of runs shows of one."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class About:
    """`began` is in seconds since 1970; `ram` is what all components use, in bytes."""

    pid: int
    scenario: str
    path: str
    began: float
    components: int
    ram: int
