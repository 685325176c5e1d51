"""The library's structures under random use, each against a simple model, wherever bare Python runs.

A walk is a function of a seed: it checks itself as it goes, and its result is a digest of all that it saw. CPython
defines what comes out; compiled for the host and for each machine, the same comes out.
"""

from __future__ import annotations

import functools
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bare import u64
from bare.build import build
from bare.host import Hosted, hosted
from bare.machine import run
from bare.target import Target
from bare.testing import imported

WALKS = Path(__file__).parent / "walks"
NAMES = sorted(path.stem for path in WALKS.glob("*_walk.py"))
STEPS = 60
SEEDS_ON_HOST = int(os.environ.get("BARE_WALKS", "300"))            # by hand: BARE_WALKS=100000
SEEDS_ON_MACHINE = 20                   # as in all_walks.py, as are the steps


@functools.cache
def on_host(name: str) -> Hosted:
    return hosted(WALKS / f"{name}.py", ["walk"])


@pytest.mark.parametrize("name", NAMES)
def test_a_structure_agrees_with_its_model_under_cpython(name: str) -> None:
    walk = imported(WALKS / f"{name}.py").walk

    @settings(max_examples=8)
    @given(st.integers(0, (1 << 64) - 1))
    def from_any_seed(seed: int) -> None:
        walk(u64(seed), u64(STEPS))

    from_any_seed()


@pytest.mark.parametrize("name", NAMES)
def test_compiled_for_the_host_it_does_the_same(name: str) -> None:
    compiled = on_host(name)
    walk = imported(WALKS / f"{name}.py").walk
    for seed in range(SEEDS_ON_HOST):
        digest = compiled.call("walk", seed, STEPS)
        if seed < 3:
            assert digest == walk(u64(seed), u64(STEPS))


def test_compiled_for_a_machine_they_do_the_same(machine: Target) -> None:
    result = run(build(WALKS / "all_walks.py", machine), machine, timeout=120)
    assert result.ok, result
    compiled = [on_host(name) for name in NAMES]
    assert [[int(digest) for digest in line.split()] for line in result.output.splitlines()] == [
        [walk.call("walk", seed, STEPS) for walk in compiled] for seed in range(SEEDS_ON_MACHINE)]
