"""Fixtures that all tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator

import ordinary_user
import pytest
from booted import Booted
from hypothesis import HealthCheck, settings
from ports import CONTENTS, ENTRIES, MACHINES, zygotes

# The same examples at each run, however long a busy host takes for them: what fails, fails for everybody. Others, at
# random, are for runs by hand that say how many (BASTIDE_EXAMPLES), or `--hypothesis-profile=random`.
settings.register_profile("random", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("same", settings.get_profile("random"), derandomize=True)
settings.load_profile("random" if "BASTIDE_EXAMPLES" in os.environ else "same")


@pytest.fixture(scope="module", autouse=True)
def end_zygotes() -> Iterator[None]:
    """Tests of other modules may wait for all children of this process."""
    with zygotes():
        yield


@pytest.fixture(params=MACHINES)
def port(request: pytest.FixtureRequest) -> str:
    """The name of the kernel that a test runs on."""
    name: str = request.param
    return name


@pytest.fixture
def boot(port: str) -> Iterator[Booted]:
    """A system whose components a test starts. After the test, its books must be as at the beginning."""
    with MACHINES[port](ENTRIES[port]) as machine:
        system = Booted(machine, CONTENTS[port])
        yield system
        system.close()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", f"{ordinary_user.MARK}: is run by an ordinary user, also if root runs the tests")
    config.pluginmanager.register(ordinary_user.OrdinaryUser())
