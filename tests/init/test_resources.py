"""Children that ask their parent for more, and wait for it."""

from __future__ import annotations

from typing import Any

from init.puppet import Puppets

from bastide.base import Env
from bastide.base.environment import Resources

CHILD = "\n+ start poor | + binary puppet\n"
WAITING = "Warning: waiting for resources of the parent: "


def give(puppets: Puppets, ram: int, caps: int = 0) -> None:
    """What a parent does that grants a request."""
    def grant(env: Env) -> None:
        [child] = puppets.sandbox._children
        assert child.budget.purse is not None and child.budget.purse.give(ram, caps)
        child.budget.available.submit()

    puppets.tell("house", grant)


def test_the_patient_account_waits_until_the_parent_gave_enough() -> None:
    done: list[str] = []

    def charge(env: Env) -> None:
        env.patient.charge(env.account.ram.avail + 10_000, 0)
        done.append("charged")

    with Puppets(CHILD) as puppets:
        puppets.tell("poor", charge)
        assert done == []
        said: list[Any] = puppets.town.lines("house -> poor") or puppets.town.lines("init -> poor")
        assert said == [f"{WAITING}ram_quota=14096, cap_quota=0"]
        [child] = puppets.sandbox._children
        assert child.budget.wanted == Resources(14_096, 0)
        assert puppets.town.said('child "poor" requests resources: ram_quota=14096, cap_quota=0')
        give(puppets, 4000)
        assert done == [], "it was not enough"
        assert puppets.town.said(f"{WAITING}ram_quota=10096, cap_quota=0")
        give(puppets, 6000)
        assert done == ["charged"]
        assert puppets.tell("poor", lambda env: env.account.ram.avail) == 0


def test_the_patient_account_waits_for_capabilities_too() -> None:
    with Puppets(CHILD) as puppets:
        puppets.tell("poor", lambda env: env.patient.charge(0, env.account.caps.avail + 7))
        assert puppets.town.said('child "poor" requests resources: ram_quota=0, cap_quota=')
        before = puppets.town.total
        give(puppets, 0, 20)
        assert puppets.town.total == before
        assert 0 <= puppets.tell("poor", lambda env: env.account.caps.avail) <= 20
