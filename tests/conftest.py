"""Fixtures that all tests share."""

from __future__ import annotations

from collections.abc import Iterator

import ordinary_user
import pytest
from booted import Booted
from ports import CONTENTS, ENTRIES, MACHINES, zygotes


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
