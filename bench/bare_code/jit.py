"""The functions of kernels.py for Numba, as its users write them: without checks, over arrays of NumPy."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias

import numpy as np
from numba import njit

Table: TypeAlias = Any
Number: TypeAlias = Any
"""An array of NumPy, and what is in it. Numba finds out the types by itself."""

SIDE = 48
NODES = 4096
CAPABILITIES = 1024


def hosted() -> dict[str, Callable[[int], int]]:
    """The functions by name, with their tables filled. They are compiled when they are called first."""
    at = np.arange(SIDE * SIDE)
    left, right = at % 17 - 8, at % 13 - 6
    link = np.arange(NODES)
    bytes_ = np.arange(NODES) * 7 % 256
    number = np.arange(CAPABILITIES)
    return {
        "numeric": njit(_numeric),
        "matrix": partial(njit(_matrix), left, right, np.zeros(SIDE * SIDE, np.int64)),
        "chase": partial(njit(_chase), link % 100, ((link * 1237 + 51) % NODES).astype(np.uint32)),
        "table": partial(njit(_table), _checksums(), bytes_.astype(np.uint8)),
        "lookup": partial(njit(_lookup), number * 31 % CAPABILITIES, number % 8, number % 5),
    }


def _checksums() -> Table:
    checksums = np.zeros(256, np.uint32)
    for byte in range(256):
        checksum = byte
        for _ in range(8):
            checksum = (checksum >> 1) ^ 0xEDB88320 if checksum & 1 else checksum >> 1
        checksums[byte] = checksum
    return checksums


def _numeric(limit: int) -> int:
    steps = 0
    for start in range(1, limit):
        x = start
        while x != 1:
            x = x // 2 if x % 2 == 0 else x * 3 + 1
            steps += 1
    return steps


def _matrix(left: Table, right: Table, product: Table, rounds: int) -> Number:
    for _ in range(rounds):
        for row in range(SIDE):
            for column in range(SIDE):
                total = 0
                for at in range(SIDE):
                    total += left[row * SIDE + at] * right[at * SIDE + column]
                product[row * SIDE + column] = total
    return product[0] + product[-1]


def _chase(values: Table, links: Table, steps: int) -> Number:
    total = at = 0
    for _ in range(steps):
        total += values[at]
        at = links[at]
    return total


def _table(checksums: Table, text: Table, rounds: int) -> Number:
    checksum = 0
    for _ in range(rounds):
        checksum = ~checksum & 0xFFFFFFFF
        for byte in text:
            checksum = checksums[(checksum ^ byte) & 0xFF] ^ (checksum >> 8)
        checksum = ~checksum & 0xFFFFFFFF
    return checksum


def _lookup(targets: Table, rights: Table, generations: Table, count: int) -> int:
    allowed, at = 0, 1
    for _ in range(count):
        if rights[at] & 4 and generations[at] == at % 5:
            allowed += 1
        at = (targets[at] + allowed) % CAPABILITIES
    return allowed
