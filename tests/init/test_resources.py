"""Children that ask their parent for more, and wait for it."""

from __future__ import annotations

from init.puppet import Puppets
from init.town import PARENT_PROVIDES, ROUTE

from bastide.base import Env, RamDataspace, seconds
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
    amount = 1 << 20

    def charge(env: Env) -> None:
        env.patient.charge(amount, 0)
        done.append("charged")

    with Puppets(CHILD) as puppets:
        missing = amount - puppets.tell("poor", lambda env: env.account.ram.avail)
        puppets.tell("poor", charge)
        assert done == []
        said = f"ram_quota={amount + 4096}, cap_quota=0"
        assert puppets.town.lines("init -> poor") == [WAITING + said]
        [child] = puppets.sandbox._children
        assert child.budget.wanted == Resources(amount + 4096, 0)
        assert puppets.town.said('child "poor" requests resources: ' + said)
        give(puppets, missing - 1)
        assert done == [], "it was not enough"
        assert puppets.town.lines("init -> poor") == [WAITING + said] * 2
        give(puppets, 1)
        assert done == ["charged"]
        assert puppets.tell("poor", lambda env: env.account.ram.avail) == 0


def test_who_waits_for_resources_asks_once_and_goes_on_answering_heartbeats() -> None:
    with Puppets(CHILD) as puppets:
        puppets.apply(CHILD + "  + heartbeat\n", PARENT_PROVIDES + ROUTE + "+ heartbeat | rate_ms: 100\n")
        puppets.tell("poor", lambda env: env.patient.charge(1 << 20, 0))
        puppets.wait(seconds(10))
        assert len(puppets.town.lines("init -> poor")) == 1
        assert "skipped_heartbeats" not in puppets.state("poor").attributes


def test_what_was_taken_back_meanwhile_is_waited_for_although_the_books_still_have_it() -> None:
    held: list[RamDataspace] = []
    rich = CHILD.replace("poor", "poor | ram: 2M")

    with Puppets(rich) as puppets:
        puppets.apply(CHILD)
        puppets.tell("poor", lambda env: held.append(RamDataspace(env.patient, 1 << 20)))
        assert held == []
        assert puppets.town.lines("init -> poor") == [f"{WAITING}ram_quota={(1 << 20) + 4096}, cap_quota=0"]
        puppets.apply(rich)
        assert len(held) == 1


def test_the_patient_account_waits_for_capabilities_too() -> None:
    with Puppets(CHILD) as puppets:
        puppets.tell("poor", lambda env: env.patient.charge(0, env.account.caps.avail + 7))
        assert puppets.town.said('child "poor" requests resources: ram_quota=0, cap_quota=')
        before = puppets.town.total
        give(puppets, 0, 20)
        assert puppets.town.total == before
        assert 0 <= puppets.tell("poor", lambda env: env.account.caps.avail) <= 20
