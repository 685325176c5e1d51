"""Memory and descriptors: what a component was given by core, and what it can't do with it."""

from __future__ import annotations

from booted import Booted


def test_a_dataspace_can_be_written_to_and_neither_grown_nor_shrunk(fortress: Booted) -> None:
    *attempts, content = fortress.run("attacker", "resize").lines
    assert len(attempts) == 7
    assert [line for line in attempts if not line.endswith(": PermissionError")] == ["append: OSError"]
    assert content == "mine"


def test_sealed_memory_stays_read_only(fortress: Booted) -> None:
    assert fortress.run("attacker", "scribble").lines == [
        "write: OSError", "map: PermissionError", "mprotect: -1", "sealed view: True"]


def test_freed_memory_is_gone_although_a_descriptor_is_kept(fortress: Booted) -> None:
    assert fortress.run("attacker", "keep_freed").lines == ["left: 0", "write: OSError"]


def test_touching_freed_memory_ends_who_touches_it(fortress: Booted) -> None:
    attacker = fortress.run("attacker", "touch_freed")
    assert attacker.lines == ["freed"]
    assert attacker.ended is not None and attacker.ended.fault == "SIGBUS"


def test_what_is_sent_on_the_control_socket_goes_nowhere(fortress: Booted) -> None:
    assert fortress.run("attacker", "talk").lines == [
        "send: PermissionError", "send descriptor: PermissionError", "shut down: PermissionError",
        "write: BrokenPipeError", "still served"]


def test_a_component_that_closes_all_its_descriptors_only_ends_itself(fortress: Booted) -> None:
    attacker = fortress.run("attacker", "close_all")
    assert attacker.lines == ["closing"]
    assert attacker.ended is not None and attacker.ended.code == 4
