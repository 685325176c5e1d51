"""What is decided before a scenario is booted."""

from __future__ import annotations

from pathlib import Path

import pytest

from bastide.tool.boot import CROWD, crowded
from bastide.tool.scenario import parse_scenario


def scenario(starts: str) -> str:
    return f"runtime | ram: 8M | caps: 200 | binary: init\n+ config\n{starts}-\n"


@pytest.mark.parametrize(("starts", "expected"), [
    ("", False), ("  + start a\n" * (CROWD - 1), False), ("  + start a\n" * CROWD, True),
    ("  + start init\n    + config\n" + "      + start a\n" * (CROWD - 1), True)])
def test_a_crowd_is_counted_at_every_depth(starts: str, expected: bool) -> None:
    assert crowded(parse_scenario(scenario(starts), "crowd", Path("runtime"))) is expected
