"""Buffers of reports as weapons: the server of a report, who owns what others write to, costs them a report at most.

It attacks whoever reports first, and then behaves. Plain access to the memory would be a fault: see
`test_memory.py::test_touching_freed_memory_ends_who_touches_it`.
"""

from __future__ import annotations

import re
from textwrap import indent

import pytest
from attacks.besieged import HEAD, Besieged, start
from attacks.modes import modes
from booted import Booted

pytestmark = pytest.mark.parametrize("fortress", modes("everything", ordinary=("seccomp alone", )), indirect=True)

WRITTEN = "the dataspace can't be written: "
WEAPONS = {
    "report_freed_before": "no such object: it is gone, or it never was",
    "report_freed_behind": WRITTEN + "its owner freed it, or allows no writing there",
    "report_sealed": WRITTEN + "it was sealed, or attached to be read",
    "report_of_holes": WRITTEN,
    "report_of_no_memory": "this capability is no dataspace",
}
"""What whoever reports says of each."""


def inner(server: str, *children: str) -> str:
    """An init that reports to the server."""
    head = start("inner", binary="init", Report=server).replace("inner\n", "inner | ram: 24M | caps: 600\n", 1)
    nodes = [HEAD.removeprefix("config\n"), "+ report | delay_ms: 1\n",
             *(f"+ start {child} | + binary attacker\n" for child in children)]
    return head + "  + config\n" + indent("".join(nodes), "    ")


@pytest.mark.parametrize("server", WEAPONS)
def test_an_init_whose_state_report_meets_a_weapon_says_so_and_reports_on(fortress: Booted, server: str) -> None:
    armed = start(server, "Report")
    besieged = Besieged(fortress, armed + inner(server, "one"))
    failed = re.compile(rf"\[inner\] .*report 'state' of \d+ bytes was not published: {re.escape(WEAPONS[server])}")
    besieged.wait("[inner -> one] here")            # each child is reported
    if server == "report_freed_behind":             # it needs a report to attack the next one
        besieged.wait(f"[{server}] took state")
    besieged.change(armed + inner(server, "one", "two"))
    besieged.wait("[inner -> two] here")
    fortress.wait(lambda: any(failed.match(line) for line in besieged.log))
    taken = besieged.said(server).count("took state")
    besieged.change(armed + inner(server, "one", "two", "last"))
    besieged.wait("[inner -> last] here")
    fortress.wait(lambda: besieged.said(server).count("took state") > taken)
    besieged.survives()


@pytest.mark.parametrize("server", WEAPONS)
def test_whoever_reports_loses_one_report_and_not_its_life(fortress: Booted, server: str) -> None:
    besieged = Besieged(fortress, start(server, "Report") + start("reporter", Report=server))
    outcomes = "True False True True" if server == "report_freed_behind" else "False True True True"
    besieged.wait(f"[reporter] {outcomes}")
    complaint, = [line for line in besieged.said("reporter") if "not published" in line]
    assert f"report 'plain' of 6 bytes was not published: {WEAPONS[server]}" in complaint
    assert besieged.said(server) == ["took report"] * 3
    besieged.survives()


def test_memory_that_is_taken_back_at_any_moment_ends_nobody(fortress: Booted) -> None:
    server = "report_freed_meanwhile"
    besieged = Besieged(fortress, start(server, "Report") + start("tireless_reporter", Report=server))
    besieged.wait("[tireless_reporter] True")
    besieged.survives()
