"""Config and ROM as weapons: an init whose config comes from an attacker reports what is wrong with it, and goes on.

The attacker is a server of ROM sessions. What it gives is first the weapon, then a proper config that starts `one`, the
weapon again, and a proper config that starts `two`. An init outside of both sees that no harm spreads.
"""

from __future__ import annotations

import re

import pytest
from attacks.besieged import Besieged, start
from attacks.modes import modes
from booted import Booted

pytestmark = pytest.mark.parametrize("fortress", modes("everything", ordinary=("seccomp alone", )), indirect=True)

WEAPONS = {
    "rom_of_nothing": "",
    "rom_of_zeros": "",
    "rom_of_garbage": "config:1:1: expected UTF-8",
    "rom_too_deep": "expected at most 200 levels of nodes",
    "rom_too_large": "expected at most 16777216 characters|there is not enough memory for its content",
    "rom_too_rich": "config: there is not enough memory for its content; give this component more RAM",
    "rom_too_crowded": ": more than 4096 start nodes, so the children stay as they are",
    "rom_of_no_memory": "config: its content can't be had: this capability is no dataspace",
    "rom_freed_before": "config: its content can't be had: no such object: it is gone, or it never was",
    "rom_freed_behind": "config: its content can't be had: no such object: it is gone, or it never was",
    "rom_changing": "",
    "rom_flooding": "",
}
"""What an init says about each, as a pattern; nothing where there is nothing wrong."""


def inner(server: str) -> str:
    return ("+ start inner | ram: 24M | caps: 600\n  + binary init\n  + route\n"
            f"    + service ROM | label: config | + child {server}\n    + any-service | + parent\n")


def armed(server: str) -> str:
    return start(server, "ROM").replace(f"+ start {server}", f"+ start {server} | ram: 40M")


@pytest.mark.parametrize("server", WEAPONS)
def test_a_config_that_is_a_weapon_is_reported_and_survived(fortress: Booted, server: str) -> None:
    besieged = Besieged(fortress, armed(server) + inner(server))
    besieged.wait("[inner -> two] here")
    assert any(re.search(WEAPONS[server], line) for line in besieged.log), besieged.log
    besieged.survives()


def test_a_config_that_never_comes_holds_the_init_that_asked_for_it_alone(fortress: Booted) -> None:
    besieged = Besieged(fortress, armed("rom_silent") + inner("rom_silent"))
    besieged.wait("[rom_silent] silent")
    besieged.survives()
