"""Every scenario that comes with Bastide succeeds, on each kernel."""

from __future__ import annotations

import pytest

from bastide.testing import Boot
from bastide.tool.checkout import CHECKOUT
from bastide.tool.criteria import Outcome
from bastide.tool.scenario import scenario_names


@pytest.mark.parametrize("name", scenario_names([CHECKOUT / "scenarios"]))
def test_a_scenario_succeeds(name: str, port: str, testbed: Boot) -> None:
    system = testbed(name, port=port)
    verdict = system.wait_for_verdict()
    assert verdict.outcome is Outcome.OK, f"{verdict}\n" + "\n".join(map(str, system.log))
    assert system.trouble == []
