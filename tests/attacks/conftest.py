"""The place that attackers are let loose in, and what must be as before when they are gone."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import cast

import pytest
from attacks.modes import modes
from booted import Booted
from ports import ENTRIES, linux_machine, packed, zygote

from bastide.base import Label, SessionRequest
from bastide.kernel.linux.machine import LinuxMachine

COMPONENTS = ("attacker", "bystander", "echo_server", "hostile_server", "init")


@pytest.fixture(params=modes("everything", "seccomp alone", ordinary=("seccomp alone", )))
def fortress(request: pytest.FixtureRequest) -> Iterator[Booted]:
    """Core with an echo server. Afterwards others still get answers, and core holds what it held before."""
    zygote(request.param)
    outside = descriptors(), children()
    with linux_machine(ENTRIES["linux"], request.param) as machine:
        system = Booted(machine, packed)
        for name in COMPONENTS:
            system.library.open(SessionRequest(Label(name), system.office.account, {}))
        before = descriptors(), children()
        server = system.start("echo_server")
        system.wait(lambda: server.saw("serving"))
        yield system
        assert system.run("bystander").lines == ["all answered"]
        assert server.ended is None
        system.close()
        cast(LinuxMachine, machine).reap()
        system.breathe()
        assert (descriptors(), children()) == before
    assert (descriptors(), children()) == outside


def descriptors() -> Counter[str]:
    """How many descriptors of each kind this process has."""
    kinds: Counter[str] = Counter()
    for number in os.listdir("/proc/self/fd"):
        with suppress(FileNotFoundError):   # the one that listed
            kinds[re.sub(r"\d+", "", os.readlink(f"/proc/self/fd/{number}"))] += 1
    return kinds


def children() -> set[str]:
    found: set[str] = set()
    for path in Path("/proc/self/task").glob("*/children"):
        with suppress(FileNotFoundError):   # a thread that ended
            found.update(path.read_text().split())
    return found
