"""Random additions and removals, against an array of truth values."""

from __future__ import annotations

from typing import Literal

from chance import Chance, mix

from bare import Array, range, u64, zeroed
from bare.std.bitmap import Bitmap


def walk(seed: u64, steps: u64) -> u64:
    chance = Chance(seed)
    bitmap = zeroed(Bitmap[Literal[2]])
    model = zeroed(Array[bool, Literal[128]])
    digest = u64(0)
    for _ in range(steps):
        number = chance.below(u64(128))
        if chance.below(u64(3)) == 0:
            bitmap.remove(number)
            model[number] = False
        else:
            bitmap.add(number)
            model[number] = True
        digest = mix(digest, compare(bitmap, model, chance.below(u64(5)) + 1))
    return digest


def compare(bitmap: Bitmap[Literal[2]], model: Array[bool, Literal[128]], length: u64) -> u64:
    count = u64(0)
    run = u64(0)
    first: u64 | None = None
    absent: u64 | None = None
    gap: u64 | None = None
    for number in range(128):
        assert bitmap.contains(number) == model[number], "membership"
        if model[number]:
            count += 1
            run = u64(0)
            if first is None:
                first = number
        else:
            run += 1
            if absent is None:
                absent = number
            if gap is None and run == length:
                gap = number + 1 - length
    assert bitmap.count() == count, "count"
    assert same(bitmap.first(), first), "first"
    assert same(bitmap.first_absent(), absent), "first absent"
    assert same(bitmap.first_absent_run(length), gap), "first run"
    return count


def same(a: u64 | None, b: u64 | None) -> bool:
    if a is None:
        return b is None
    if b is None:
        return False
    return a == b
