"""Numbers go through a ring, against the counts of what was put and taken."""

from __future__ import annotations

from typing import Literal

from chance import Chance, mix

from bare import range, u32, u64, zeroed
from bare.std.ring import Ring


def walk(seed: u64, steps: u64) -> u64:
    chance = Chance(seed)
    ring = zeroed(Ring[u32, Literal[4]])
    put = u32(0)
    taken = u32(0)
    digest = u64(0)
    for _ in range(steps):
        if chance.below(u64(2)) == 0:
            fitted = ring.put(put)
            assert fitted == (put - taken < 4), "there is room for four"
            if fitted:
                put += 1
        else:
            got = ring.take()
            if got is None:
                assert put == taken, "the ring is empty"
            else:
                assert got == taken, "in order"
                taken += 1
        assert ring.length() == u64(put - taken), "length"
        digest = mix(digest, u64(put) << 32 | u64(taken))
    return digest
