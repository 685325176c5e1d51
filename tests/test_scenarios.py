"""Every scenario that comes with Bastide succeeds, on each kernel."""

from __future__ import annotations

import pytest
from scenario_runs import RUNS

from bastide.tool.checkout import CHECKOUT
from bastide.tool.scenario import scenario_names

FOLDER = CHECKOUT / "scenarios"


@pytest.mark.parametrize("name", scenario_names([FOLDER]))
def test_a_scenario_succeeds(name: str, port: str) -> None:
    succeeded, log = RUNS[port](FOLDER / name / "runtime")
    assert succeeded, "\n".join(log)
