"""Who takes all it can gets its quota, and nobody else less."""

from __future__ import annotations

from booted import Booted


def test_capabilities_end_at_the_quota(fortress: Booted) -> None:
    line, = fortress.run("attacker", "capabilities", caps=300).lines
    assert line.startswith("0 more than allowed; 1 capabilities needed, 0 of 298 left")


def test_entrypoints_end_at_the_quota_and_cost_more_for_who_takes_no_news(fortress: Booted) -> None:
    """Core keeps their doorbells for it: no capability is left to have a channel wait as well."""
    assert fortress.run("attacker", "entrypoints", caps=200).lines == [
        "more than allowed: False", "channel: IpcError"]


def test_pages_of_its_own_end_at_the_quota_for_who_takes_no_news(fortress: Booted) -> None:
    for ram, caps, short in (("1M", 2000, "RAM"), ("64M", 200, "capabilities")):
        assert fortress.run("attacker", "own_pages", ram=ram, caps=caps).lines == [
            f"more than allowed: False, short of {short}"]


def test_memory_ends_at_the_quota(fortress: Booted) -> None:
    *refused, all_of_it = fortress.run("attacker", "memory").lines
    assert len(refused) == 6
    assert all(line.endswith(": OutOfRam") for line in refused)
    assert all_of_it == "all of it: True"


def test_the_heap_ends_at_the_quota(fortress: Booted) -> None:
    assert fortress.run("attacker", "heap", ram="2M").lines == ["MemoryError, within the allowance: True"]


def test_a_heap_within_the_quota_grows_and_is_accounted(fortress: Booted) -> None:
    assert fortress.run("attacker", "heap", ram="64M").lines == [
        "got it all, and it counts: True", "dataspace: OutOfRam"]


def test_quota_spent_on_dataspaces_is_gone_for_the_heap(fortress: Booted) -> None:
    assert fortress.run("attacker", "heap_after_ram", ram="64M").lines == ["MemoryError, within the allowance: True"]


def test_sessions_and_upgrades_with_absurd_amounts_are_refused(fortress: Booted) -> None:
    *refused, returned = fortress.run("attacker", "books").lines
    assert returned == "returned True"
    assert [line for line in refused if line.endswith("SUCCEEDED")] == []


def test_a_storm_of_signals_to_contexts_that_are_none_harms_nobody(fortress: Booted) -> None:
    assert fortress.run("attacker", "signal_storm").lines == ["SignalContext storm over"]
