"""All walks in one program: prints the digest of each for a few seeds, a line for each."""

from __future__ import annotations

from typing import Final

import bitmap_walk
import buddy_walk
import capability_walk
import list_walk
import page_table_walk
import ready_walk
import ring_walk

from bare import entry, range, u64
from bare.std.console import write_byte, write_number
from bare.std.panic import on_panic as on_panic

SEEDS: Final = 20
STEPS: Final = 60


def show(digest: u64) -> None:
    write_number(digest)
    write_byte(u64(32))


@entry
def main() -> None:
    for seed in range(SEEDS):
        show(bitmap_walk.walk(seed, u64(STEPS)))
        show(buddy_walk.walk(seed, u64(STEPS)))
        show(capability_walk.walk(seed, u64(STEPS)))
        show(list_walk.walk(seed, u64(STEPS)))
        show(page_table_walk.walk(seed, u64(STEPS)))
        show(ready_walk.walk(seed, u64(STEPS)))
        show(ring_walk.walk(seed, u64(STEPS)))
        write_byte(u64(10))
