"""Each fuzz target with its corpus and some thousand mutations; more by `BASTIDE_MUTATIONS`."""

from __future__ import annotations

import importlib
import os
from itertools import islice
from pathlib import Path

import pytest
from fuzz.harness import Target, check_effort, mutations

MUTATIONS = int(os.environ.get("BASTIDE_MUTATIONS", "3000"))
SEED = int(os.environ.get("BASTIDE_SEED", "1"))
EFFORTS = 40
"""So many of them are looked at for what they cost."""

TARGETS = sorted(path.stem for path in Path(__file__).parent.glob("fuzz_*.py"))


@pytest.mark.parametrize("name", TARGETS)
def test_whatever_the_input_the_promises_hold(name: str) -> None:
    target: Target = importlib.import_module(f"fuzz.{name}").TARGET
    count = max(MUTATIONS // target.slowness, EFFORTS)
    inputs = list(islice(mutations(target, SEED), len(target.corpus) + count))
    for data in inputs:
        try:
            target.function(data)
        except BaseException as error:
            error.add_note(f"the input was {data!r}")
            raise
    for data in (*target.corpus, *inputs[len(target.corpus)::count // EFFORTS]):
        check_effort(target, data)
