"""Programs that CPython and the compiler have to agree on: each function of `programs` is run by both."""

from __future__ import annotations

from pathlib import Path

import pytest

from bare.compiler.unit import functions
from bare.target import Target
from bare.testing import outcomes

PROGRAMS = sorted((Path(__file__).parent / "programs").glob("*.py"))


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_cpython_and_the_compiler_agree(path: Path) -> None:
    names = functions(path, "case_")
    assert names
    meant = dict(zip(names, outcomes(path, names, "cpython"), strict=True))
    for level in (0, 2):
        assert dict(zip(names, outcomes(path, names, "host", level=level), strict=True)) == meant


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_cpython_and_the_machines_agree(path: Path, machine: Target) -> None:
    names = functions(path, "case_")
    assert outcomes(path, names, machine.name) == outcomes(path, names, "cpython")
