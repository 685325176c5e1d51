"""Programs that CPython and the compiler have to agree on: each function of `programs` is run by both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bare import Trap
from bare.compiler.unit import function_names
from bare.host import hosted
from bare.testing import attempt, imported

PROGRAMS = Path(__file__).parent / "programs"


def outcome(result: Any) -> object:
    """A number, or the kind of a trap."""
    return result.kind if isinstance(result, Trap) else None if result is None else int(result)


@pytest.mark.parametrize("path", sorted(PROGRAMS.glob("*.py")), ids=lambda path: path.stem)
def test_cpython_and_the_compiler_agree(path: Path) -> None:
    names = function_names(path, "case_")
    assert names
    for level in (0, 2):
        module, compiled = imported(path), hosted(path, names, level)
        for name in names:
            meant, done = attempt(getattr(module, name)), attempt(compiled.call, name)
            assert (name, outcome(done)) == (name, outcome(meant))
