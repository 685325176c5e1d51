from __future__ import annotations

import pytest

from bastide.kernel.inprocess.clock import Clock


def test_alarms_expire_by_moment_and_then_in_the_order_of_setting() -> None:
    clock, rung = Clock(), []
    for name, at in (("late", 30), ("early", 10), ("first", 20), ("second", 20)):
        clock.set(name, at, lambda name=name: rung.append((clock.now, name)))  # type: ignore[misc]
    clock.move_to(25)
    assert rung == [(10, "early"), (20, "first"), (20, "second")]
    assert (clock.now, clock.earliest()) == (25, 30)


def test_setting_an_alarm_again_replaces_it_and_clearing_removes_it() -> None:
    clock, rung = Clock(), []
    clock.set("key", 10, lambda: rung.append("old"))
    clock.set("key", 20, lambda: rung.append("new"))
    clock.set("other", 15, lambda: rung.append("other"))
    clock.clear("other")
    clock.clear("unknown")
    clock.move_to(20)
    assert rung == ["new"]
    assert clock.earliest() is None


def test_an_alarm_that_is_set_by_an_alarm_rings_on_the_way() -> None:
    clock, rung = Clock(), []

    def ring() -> None:
        rung.append(clock.now)
        clock.set("key", clock.now + 10, ring)

    clock.set("key", 10, ring)
    clock.move_to(35)
    assert rung == [10, 20, 30]


def test_time_does_not_move_back() -> None:
    clock = Clock()
    clock.move_to(5)
    with pytest.raises(ValueError, match="cannot move back from 5 to 4 us"):
        clock.move_to(4)
