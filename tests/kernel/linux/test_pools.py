from __future__ import annotations

import sys

import pytest

from bastide.kernel.linux import pools

SIZE = 208      # of one object, a size of its own in the allocator's eyes
CONTENT = SIZE - sys.getsizeof(b"")


def _pages(objects: list[bytes]) -> int:
    return len({id(found) >> 12 for found in objects})


def test_new_objects_lie_together_once_no_room_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools, "_filling", [])
    # every tenth stays, so that there are gaps in many pages
    survivors = [bytes(CONTENT) for _ in range(4000)][::10]
    pools.leave_no_room()
    made = [bytes(CONTENT) for _ in range(100)]
    assert _pages(made) <= 100 * SIZE // 4096 + 20      # without, they are in nearly a hundred
    assert not {id(found) >> 12 for found in made} & {id(found) >> 12 for found in survivors}


def test_filling_ends_whatever_the_allocator_does(monkeypatch: pytest.MonkeyPatch) -> None:
    filling: list[bytes] = []
    monkeypatch.setattr(pools, "_filling", filling)
    monkeypatch.setattr(pools, "_MOST", 4096)
    monkeypatch.setattr(pools, "_POOL", 1 << 30)
    pools.leave_no_room()
    assert sum(map(sys.getsizeof, filling)) <= 4096 * 32
