"""Copies, moves, fills and compares memory at random places, against loops over bytes."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from bare import TARGET, Array, align, entry, range, u8, u64, utf8, zeroed
from bare.std.console import write_line, write_number
from bare.std.panic import on_panic as on_panic
from bare.unsafe import pointer

if TARGET == "x86_64":
    from memory_x86_64 import memcmp, memcpy, memmove, memset
elif TARGET == "aarch64":
    from memory_aarch64 import memcmp, memcpy, memmove, memset
else:
    from memory_riscv64 import memcmp, memcpy, memmove, memset

SIZE: Final = 96
ROUNDS: Final = 400

memory: Annotated[Array[u8, Literal[96]], align(16)] = zeroed(Array[u8, Literal[96]])
model = zeroed(Array[u8, Literal[96]])
before = zeroed(Array[u8, Literal[96]])
state = u64(1)


def below(limit: u64) -> u64:
    """A number that looks random (Knuth's MMIX generator)."""
    global state
    state = state.wrapping_mul(u64(6364136223846793005)).wrapping_add(u64(1442695040888963407))
    return (state >> 33) % limit


def difference(a: u64, b: u64, count: u64) -> u64:
    """0 if equal, 1 if the first byte that differs is larger in a, 2 if it is smaller."""
    for at in range(count):
        if model[a + at] != model[b + at]:
            return u64(1) if model[a + at] > model[b + at] else u64(2)
    return u64(0)


@entry
def main() -> None:
    base = u64(pointer(memory).address)
    for number in range(ROUNDS):
        to = below(u64(SIZE))
        source = below(u64(SIZE))
        if number % 3 == 0:             # the fast paths begin at words
            to = to // 8 * 8
            source = source // 8 * 8
        count = below(SIZE + 1 - (to if to > source else source))
        for at in range(SIZE):
            before[at] = model[at]
        if number % 4 == 0:
            value = below(u64(1 << 20))
            assert memset(base + to, value, count) == base + to, "memset returns its place"
            for at in range(count):
                model[to + at] = u8.wrap(value)
        elif number % 4 == 1 and (to + count <= source or source + count <= to):
            assert memcpy(base + to, base + source, count) == base + to, "memcpy returns its place"
            for at in range(count):
                model[to + at] = before[source + at]
        else:
            assert memmove(base + to, base + source, count) == base + to, "memmove returns its place"
            for at in range(count):
                model[to + at] = before[source + at]
        for at in range(SIZE):
            assert memory[at] == model[at], "memory is as expected"
        found = memcmp(base + to, base + source, count) & 0xFFFFFFFF
        expected = difference(to, source, count)
        assert (found == 0) == (expected == 0), "memcmp finds differences"
        assert (found > 0 and found < 1 << 31) == (expected == 1), "and which is larger"
    write_number(u64(ROUNDS))
    write_line(utf8(" rounds"))
