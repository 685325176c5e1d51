"""The place that attackers are let loose in, and what must be as before when they are gone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from attacks.modes import modes
from booted import Booted
from death.host import descriptors
from offspring import children
from ports import ENTRIES, linux_machine, packed, zygote

from bastide.base import Label, SessionRequest

COMPONENTS = ("attacker", "bystander", "echo_server", "hostile_server", "init")


@pytest.fixture(params=modes("everything", "seccomp alone", ordinary=("seccomp alone", )))
def fortress(request: pytest.FixtureRequest) -> Iterator[Booted]:
    """Core with an echo server. Afterwards others still get answers, and core holds what it held before."""
    zygote(request.param)
    outside = descriptors(), children().keys()
    with linux_machine(ENTRIES["linux"], request.param) as machine:
        system = Booted(machine, packed)
        for name in COMPONENTS:
            system.library.open(SessionRequest(Label(name), system.office.account, {}))
        before = descriptors(), children().keys()
        server = system.start("echo_server")
        system.wait(lambda: server.saw("serving"))
        yield system
        assert system.run("bystander").lines == ["all answered"]
        assert server.ended is None
        system.close()
        machine.reap()
        system.breathe()
        assert (descriptors(), children().keys()) == before
    assert (descriptors(), children().keys()) == outside
