"""How components come to life, speak and end, on every kernel."""

from __future__ import annotations

from booted import Booted
from ports import complaints

from bastide.base.environment import ThreadRun


def test_a_constructor_that_fails_leaves_a_traceback_in_the_log_and_the_exit_value_1(boot: Booted) -> None:
    child = boot.run("lives", "fail")
    assert (child.exit_value, child.lines[0], child.lines[-1]) == (
        1, "Error: Traceback (most recent call last):", "ValueError: it was not meant to be")


def test_a_component_exits_with_its_value_and_its_thread_ends(boot: Booted) -> None:
    child = boot.run("lives", "leave")
    assert child.exit_value == 42
    boot.wait(lambda: child.ended)
    assert child.ended is not None
    assert (child.ended.run, child.ended.code, child.ended.fault) == (ThreadRun.EXITED, 42, "")


def test_log_lines_are_prefixed_split_at_newlines_and_cut_between_characters(boot: Booted) -> None:
    assert boot.run("lives", "print").lines == [
        "one 2 None", "two", "lines", "Warning: careful", "Error: wrong", "ä" * 115, "ä" * 85]


def test_a_component_without_a_parent_goes_on_and_ends_without_a_word(boot: Booted) -> None:
    before = len(complaints.lines)
    child = boot.start("lives", "bereaved")
    boot.wait(lambda: child.saw("ready"))
    boot.office.ep.dissolve(child.parent)
    boot.machine.kernel.submit(boot.board["handler"].handle)
    boot.wait(lambda: child.ended)
    assert child.ended is not None
    assert (child.ended.run, child.ended.code, child.lines) == (ThreadRun.EXITED, 43, ["ready"])
    assert complaints.lines[before:] == []
    boot.office.ep.manage(child.parent, boot.office.account)
