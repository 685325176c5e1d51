"""Whatever is written into a channel past the framework, its owner goes on and others are served."""

from __future__ import annotations

import pytest
from booted import Booted


def test_opcodes_out_of_range_fail(fortress: Booted) -> None:
    assert fortress.run("attacker", "opcodes").lines == ["answers: {2}", "answers: {2}"]


def test_garbage_and_absurd_sizes_are_answered_and_never_served(fortress: Booted) -> None:
    assert fortress.run("attacker", "garbage").lines == [
        "answered True, served False", "answered True, served False", "still served"]


def test_requests_that_change_under_the_servers_eyes_harm_nobody(fortress: Booted) -> None:
    assert fortress.run("attacker", "torn").lines == ["still served"]


def test_calls_of_others_go_on_while_all_doorbells_are_flooded(fortress: Booted) -> None:
    flooder = fortress.start("attacker", "flood")
    fortress.wait(lambda: flooder.saw("flooding"))
    assert fortress.run("bystander").lines == ["all answered"]
    assert flooder.ended is None
    flooder.destroy()


def test_a_client_that_wants_no_replies_blocks_nobody(fortress: Booted) -> None:
    assert fortress.run("attacker", "deaf").lines == ["rung"]


def test_garbage_in_the_slots_of_signals_harms_nobody(fortress: Booted) -> None:
    assert fortress.run("attacker", "signals").lines == ["still served"]


def test_what_only_the_owner_writes_may_be_overwritten_at_the_clients_own_cost(fortress: Booted) -> None:
    assert fortress.run("attacker", "replies").lines == ["still served"]


@pytest.mark.parametrize("attack", ["die_calling", "die_waiting"])
def test_a_client_that_dies_in_the_middle_of_a_call_harms_nobody(fortress: Booted, attack: str) -> None:
    server = fortress.start("hostile_server", "silent")
    fortress.wait(lambda: server.saw("serving"))
    client = fortress.start("attacker", attack)
    if attack == "die_waiting":
        fortress.wait(lambda: server.saw("silent"))
        client.destroy()
    else:
        fortress.wait(lambda: client.ended)
        assert client.ended is not None and client.ended.code == 9


@pytest.mark.parametrize("kind", ["dier", "crasher", "closer"])
def test_a_call_ends_with_an_ipc_error_when_its_server_dies(fortress: Booted, kind: str) -> None:
    server = fortress.start("hostile_server", kind)
    fortress.wait(lambda: server.saw("serving"))
    assert fortress.run("attacker", "ask_once").lines == ["call: IpcError", "call again: IpcError"]


def test_a_server_that_replies_garbage_or_rings_without_a_reply_causes_errors_and_no_more(fortress: Booted) -> None:
    server = fortress.start("hostile_server", "garbler")
    fortress.wait(lambda: server.saw("serving"))
    last = fortress.run("attacker", "ask").lines[-1]
    assert last.endswith("then 'answer'")
    assert int(last.split()[0]) > 10


def test_a_client_of_a_silent_server_can_be_ended(fortress: Booted) -> None:
    server = fortress.start("hostile_server", "silent")
    fortress.wait(lambda: server.saw("serving"))
    client = fortress.start("attacker", "die_waiting")
    fortress.wait(lambda: client.saw("waiting") and server.saw("silent"))
    client.destroy()
