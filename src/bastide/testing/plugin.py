"""The pytest plugin: the fixture `testbed`, and the option `--bastide-port` that says where systems run.

It registers itself where Bastide is installed as a package; elsewhere, `-p bastide.testing.plugin` does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from bastide.base.value import Bytes
from bastide.testing.boot import Boot
from bastide.testing.inject import Program
from bastide.testing.testbed import Testbed

PORTS = ("inprocess", "linux")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("bastide").addoption(
        "--bastide-port", choices=PORTS, default=PORTS[0],
        help="where testbeds run that don't say it: in threads of the test under a virtual clock, or in sandboxes")


@pytest.fixture(scope="session")
def bastide_nursery() -> Iterator[object]:
    """Where all sandboxed components of a test session come from."""
    from bastide.testing.linux import Nursery

    nursery = Nursery()
    yield nursery
    nursery.close()


@pytest.fixture
def testbed(request: pytest.FixtureRequest) -> Iterator[Boot]:
    """Boot scenarios; all are ended after the test."""
    booted: list[Testbed] = []

    def boot(scenario: str | Path, components: Mapping[str, Program] = MappingProxyType({}), *,
             config: str | None = None, port: str | None = None, ram: str | None = None,
             caps: int | None = None) -> Testbed:
        from bastide.testing.boot import prepared

        chosen = port or request.config.getoption("--bastide-port")
        if chosen not in PORTS:
            raise ValueError(f"there is no port '{chosen}': {' and '.join(PORTS)} are known")
        plan = prepared(scenario, components, config, request.path)
        amount = None if ram is None else int(Bytes(ram))
        made: Testbed
        if chosen == "linux":
            from bastide.testing.linux import LinuxTestbed

            made = LinuxTestbed(plan, components, amount, caps, request.getfixturevalue("bastide_nursery"))
        else:
            from bastide.testing.inprocess import InprocessTestbed

            made = InprocessTestbed(plan, components, amount, caps)
        booted.append(made)
        return made

    yield boot
    for made in reversed(booted):
        made.close()
