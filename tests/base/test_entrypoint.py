"""Entrypoints, and objects by the capabilities that come back, on every kernel."""

from __future__ import annotations

from booted import Booted


def test_each_entrypoint_serves_and_knows_its_own_objects_alone(boot: Booted) -> None:
    child = boot.run("lives", "several")
    assert child.lines == [
        "['1', '2']",
        "[[True, False, False], [False, True, False], [False, False, True]]",
        "None None",
        "None",
    ]
    assert "third" in boot.board
