"""Children of init that break the protocol of sessions: they harm whom they deal with, and nobody else.

    dies_when_called    its client gets an IpcError for that call, and goes on

Each time, two others come when the attack is over, and are served; when all have gone, core has what it had before.
"""

from __future__ import annotations

import pytest
from attacks.besieged import Besieged, start
from attacks.modes import modes
from booted import Booted

pytestmark = pytest.mark.parametrize("fortress", modes("everything", ordinary=("seccomp alone", )), indirect=True)

STEPS = ("session", "call", "sum", "upgrade", "close")


def seen(**failures: str) -> list[str]:
    """What a visitor tells who met these failures; without a session there is nothing further."""
    steps = STEPS[:1] if "session" in failures else STEPS
    return [*(f"{step}: {failures.get(step, 'SUCCEEDED')}" for step in steps), "going on"]


SERVERS = {
    "honest_greeter": [seen()],
    "answers_twice": [seen()],
    "dies_before_it_announces": [seen(session="SessionDenied")],
    "dies_when_asked": [seen(session="SessionDenied")],
    "dies_when_it_has_answered": [seen(session="SessionDenied"),
                                  seen(call="IpcError", sum="IpcError", upgrade="SessionDenied")],
    "dies_when_called": [seen(call="IpcError", sum="IpcError", upgrade="SessionDenied")],
    "dies_when_upgraded": [seen(upgrade="SessionDenied")],
    "dies_when_closed": [seen()],
    "answers_by_what_is_no_session": [seen(sum="IpcError")],
}
"""What a client of each gets to know; of two kinds if that depends on who comes first."""

SILENT = {
    "never_announces": [],
    "never_answers": [],
    "never_replies": ["session: SUCCEEDED"],
    "never_upgrades": ["session: SUCCEEDED", "call: SUCCEEDED", "sum: SUCCEEDED"],
    "never_closes": ["session: SUCCEEDED", "call: SUCCEEDED", "sum: SUCCEEDED", "upgrade: SUCCEEDED"],
}
"""How far a client of each gets."""

LEAVING = (
    ("leaves_when_it_has_asked", "never_answers"),
    ("leaves_when_it_has_asked", "honest_greeter"),
    ("leaves_when_it_was_answered", "honest_greeter"),
    ("leaves_when_it_upgrades", "never_upgrades"),
    ("leaves_when_it_closes", "never_closes"),
)
"""Who leaves, and a server that is then at the same step."""


@pytest.mark.parametrize("server", SERVERS)
def test_a_server_that_breaks_off_fails_its_client_and_nobody_else(fortress: Booted, server: str) -> None:
    besieged = Besieged(fortress, start(server, "Hello") + start("visitor", Hello=server))
    besieged.wait("[visitor] going on")
    assert besieged.said("visitor") in SERVERS[server]
    besieged.survives()


@pytest.mark.parametrize("server", SILENT)
def test_a_server_that_never_answers_holds_those_who_chose_to_ask_and_nobody_else(
        fortress: Booted, server: str) -> None:
    besieged = Besieged(fortress, start(server, "Hello") + start("visitor", Hello=server))
    besieged.wait(*(f"[visitor] {line}" for line in SILENT[server]))
    besieged.serves_newcomers()
    assert besieged.said("visitor") == SILENT[server]
    besieged.change("")
    besieged.survives()


@pytest.mark.parametrize(("client", "server"), LEAVING)
def test_a_client_that_leaves_in_the_middle_harms_nobody(fortress: Booted, client: str, server: str) -> None:
    besieged = Besieged(fortress, start(server, "Hello") + start(client, Hello=server))
    besieged.wait(f'Error: child "{client}" ended with code 7 without asking its parent to exit')
    besieged.survives()


def test_what_is_not_its_own_nobody_answers_closes_or_picks_up(fortress: Booted) -> None:
    """The visitor waits for the one server, the meddler is served by the other one."""
    besieged = Besieged(fortress, start("never_answers", "Hello") + start("visitor", Hello="never_answers")
                        + start("honest_server", "Honest") + start("meddles", Honest="honest_server"))
    besieged.wait("[meddles] its own: served, True")
    assert besieged.said("meddles")[0] == "picked up 0"
    assert besieged.said("visitor") == []
    besieged.change(start("never_answers", "Hello"))
    besieged.survives()


def test_a_service_that_was_not_granted_can_be_announced_in_vain(fortress: Booted) -> None:
    besieged = Besieged(fortress, start("announces_what_it_may_not") + start("visitor"))
    besieged.wait("[announces_what_it_may_not] announced", "[visitor] going on")
    assert besieged.said("visitor") == seen(session="SessionDenied")
    assert 'Error: announces_what_it_may_not: illegal announcement of service "LOG"' in besieged.log
    besieged.survives()


def test_who_asks_for_everything_gets_his_quota_and_init_goes_on(fortress: Booted) -> None:
    besieged = Besieged(fortress, start("never_answers", "Hello") + start("asks_for_too_much", Hello="never_answers"))
    besieged.wait("[asks_for_too_much] asked, denied True")
    assert len([line for line in besieged.log if "asks_for_too_much" in line]) < 110
    besieged.survives()
