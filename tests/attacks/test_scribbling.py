"""Shared memory that changes between check and use: the peer copies first, and whatever it read, it goes on."""

from __future__ import annotations

import pytest
from attacks.modes import modes
from booted import Booted, ChangingRom

pytestmark = pytest.mark.parametrize("fortress", modes("everything", ordinary=("seccomp alone", )), indirect=True)


@pytest.mark.parametrize("attack", ["scribble_noise", "scribble_sizes", "scribble_targets", "scribble_replies",
                                    "scribble_signals"])
def test_who_scribbles_over_a_channel_is_served_again_when_he_behaves(fortress: Booted, attack: str) -> None:
    attacker = fortress.run("attacker", attack)
    assert (attacker.lines, attacker.exit_value) == (["still served"], 0)


def test_core_goes_on_sending_signals_to_who_scribbles_over_their_counters(fortress: Booted) -> None:
    rom = ChangingRom(fortress, "changing", b"0")
    attacker = fortress.start("attacker", "scribble_at_sender")
    fortress.wait(lambda: attacker.saw("listening"))
    rom.change(b"1")
    fortress.wait(lambda: attacker.saw("scribbling"))
    for number in range(300):
        rom.change(b"%d" % number)
        fortress.breathe()
    assert attacker.ended is None


def test_a_client_of_a_server_that_scribbles_over_its_replies_gets_answers_or_errors(fortress: Booted) -> None:
    server = fortress.start("hostile_server", "scribbler")
    fortress.wait(lambda: server.saw("serving"))
    assert fortress.run("attacker", "ask_scribbler").lines == ["300 came back"]
