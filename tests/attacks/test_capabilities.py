"""Capabilities can't be forged, guessed, stolen, kept or confused."""

from __future__ import annotations

from booted import Booted, ChangingRom


def test_forged_handles_reach_nothing_and_the_real_one_does(fortress: Booted) -> None:
    assert fortress.run("attacker", "forge").lines == ["56 forged, 0 usable", "the real one: still"]


def test_numbers_of_identities_can_be_guessed_and_are_worth_nothing(fortress: Booted) -> None:
    assert fortress.run("attacker", "guess").lines == ["0 guessed"]


def test_a_handle_that_leaked_as_data_serves_nobody_but_its_holder(fortress: Booted) -> None:
    leaked, mine = fortress.run("attacker", "leak").lines
    assert mine == "mine"
    ChangingRom(fortress, "stolen", leaked.encode())
    assert fortress.run("attacker", "replay").lines == ["without a channel: False", "with a channel: False"]


def test_a_voucher_serves_him_alone_for_whom_it_was_made_by_who_held_the_capability(fortress: Booted) -> None:
    *attempts, same = fortress.run("attacker", "replay_voucher").lines
    assert len(attempts) == 14
    assert [line for line in attempts if not line.endswith(": IpcError")] == [
        "show no voucher: SUCCEEDED", "redeem its own: SUCCEEDED", "show its own: SUCCEEDED"], "the first is a handle"
    assert same == "again the same: True"


def test_what_a_session_gave_ends_with_the_session(fortress: Booted) -> None:
    lines = fortress.run("attacker", "outlast").lines
    assert [line for line in lines if not line.startswith("[closed]")] == [
        "open: SUCCEEDED", "closed: IpcError", "allocated: SUCCEEDED", "freed: IpcError", "entrypoint: SUCCEEDED",
        "freed entrypoint: IpcError"]
    assert [line for line in lines if line.startswith("[closed]")] == ["[closed] said while it was open"]


def test_a_dissolved_object_is_gone_over_old_and_new_channels(fortress: Booted) -> None:
    server = fortress.start("hostile_server", "dissolver")
    fortress.wait(lambda: server.saw("serving"))
    assert fortress.run("attacker", "cling").lines == [
        "once", "call: IpcError", "call anew: IpcError", "launder: IpcError"]


def test_an_object_is_never_taken_for_one_of_another_kind(fortress: Booted) -> None:
    assert fortress.run("attacker", "confuse").lines == [
        "echo as PD: IpcError", "echo as parent: IpcError", "attach: IpcError", "entrypoint: IpcError",
        "account: UnrelatedAccount", "transfer: UnrelatedAccount", "start: SessionDenied", "gate: IpcError",
        "nothing happened to it"]


def test_core_withstands_nonsense_from_its_own_clients(fortress: Booted) -> None:
    assert fortress.run("attacker", "pester_core").lines[-1] == "core never gave anything"


def test_a_client_is_given_no_capability_that_its_server_made_up(fortress: Booted) -> None:
    server = fortress.start("hostile_server", "forger")
    fortress.wait(lambda: server.saw("serving"))
    assert fortress.run("attacker", "take_forged").lines == [
        "equal: False", "use: IpcError", "equal: False", "use: IpcError", "equal: False", "use: IpcError", "invalid"]
