"""Fuzzing: each target takes bytes, and raises if one of its promises does not hold for them.

In the test suite a target gets its corpus and some thousand mutations, the same in each run. By hand, it runs under
atheris, which looks for inputs that reach new code: see `__main__`.
"""

from __future__ import annotations

import random
import sys
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

LONGEST = 4096
"""Bytes of a mutation."""

_ODD = (b"", b"\0", b"\n", b"\r\n", b"\t", b'"', b"\\", b"|", b"<", b"\x1b[2J", b"\x7f", b"\xff", b"\xc3",
        b"\xed\xa0\x80", "\u2028\u202e".encode(), b"-1", b"0", b"9" * 25, b"0x" + b"f" * 17, b"1e999",
        b"\xff\xff\xff\xff", b"A" * 300)


@dataclass(frozen=True)
class Target:
    """`corpus` are inputs to begin with, `words` what a mutation may put in.

    The function has to take at most `calls` calls of functions per byte of its input, and `memory` bytes, and a bit.
    """

    function: Callable[[bytes], object]
    corpus: Sequence[bytes]
    words: Sequence[bytes] = ()
    calls: int = 100
    memory: int = 1000
    slowness: int = 1
    """It gets so many times fewer mutations."""


def mutations(target: Target, seed: int) -> Iterator[bytes]:
    """The corpus, and then endless mutations of it."""
    yield from target.corpus
    dice, pool, words = random.Random(seed), list(target.corpus), (*target.words, *_ODD)
    while True:
        data = bytearray(dice.choice(pool))
        for _ in range(dice.choice((1, 1, 2, 3, 8))):
            _mutate(data, dice, pool, words)
        yield bytes(data[:LONGEST])


def check_effort(target: Target, data: bytes) -> None:
    """Whether an input takes no more calls and no more memory than its length allows."""
    with _counted() as calls:
        target.function(data)
    assert calls[0] <= 5000 + target.calls * len(data), f"{calls[0]} calls for {len(data)} bytes: {data[:200]!r}"
    tracemalloc.start()
    try:
        target.function(data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak <= (1 << 18) + target.memory * len(data), f"{peak} bytes of memory for {len(data)}: {data[:200]!r}"


def _mutate(data: bytearray, dice: random.Random, pool: Sequence[bytes], words: Sequence[bytes]) -> None:
    at, end = sorted((dice.randint(0, len(data)), dice.randint(0, len(data))))
    end = min(end, at + dice.choice((1, 4, 64, LONGEST)))
    match dice.randrange(7):
        case 0:
            del data[at:end]
        case 1:
            data[at:at] = dice.choice(words)
        case 2:
            data[at:end] = dice.choice(words)
        case 3 if data:
            data[min(at, len(data) - 1)] ^= 1 << dice.randrange(8)
        case 4:
            data[end:end] = data[at:end] * dice.choice((1, 2, 30))
        case 5:
            data[at:at] = dice.randbytes(dice.choice((1, 4, 8)))
        case _:
            other = dice.choice(pool)
            data[at:] = other[dice.randint(0, len(other)):]
    del data[LONGEST:]


@contextmanager
def _counted() -> Iterator[list[int]]:
    """How many functions are called meanwhile: a measure of time that is the same in each run."""
    calls = [0]

    def count(frame: FrameType, event: str, argument: object) -> None:
        calls[0] += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        yield calls
    finally:
        sys.setprofile(before)
