"""Fixtures for tests of what differs between targets."""

from __future__ import annotations

import pytest

from bare.target import TARGETS, Target


@pytest.fixture(params=TARGETS.values(), ids=str)
def target(request: pytest.FixtureRequest) -> Target:
    """Each target."""
    chosen: Target = request.param
    return chosen
