"""Accounts: pure books first, then with what a real domain sells, on every kernel."""

from __future__ import annotations

from typing import Any, cast

import pytest
from booted import Booted
from hypothesis import given
from hypothesis import strategies as st

from bastide.base import Account, OutOfCaps, OutOfRam, Resource

DOMAIN = cast(Any, None)


class Noted(Resource):
    """Notes its release, and fails at it if told so."""

    def __init__(self, account: Account, notes: list[object], name: object = "", fail: bool = False) -> None:
        self._notes, self._name, self._fail = notes, name, fail
        super().__init__(account, ram=1, caps=1)

    def _release(self) -> None:
        self._notes.append(self._name)
        if self._fail:
            raise ValueError("it does not want to go")


def test_an_account_closes_what_it_owns_newest_first() -> None:
    notes: list[object] = []
    account = Account(DOMAIN, 10, 10)
    for name in range(4):
        Noted(account, notes, name)
    account.owned[next(iter(account.owned))].close()
    account.close()
    assert notes == [0, 3, 2, 1]
    assert (account.ram.used, account.caps.used) == (0, 0)


def test_a_sub_account_gives_all_back_to_its_payer_and_ends_with_it() -> None:
    notes: list[object] = []
    account = Account(DOMAIN, 10, 10)
    inner = account.sub(ram=6, caps=6)
    Noted(inner, notes, "inner")
    assert (account.ram.avail, account.caps.avail) == (4, 4)
    account.close()
    assert (account.ram.avail, account.caps.avail) == (10, 10)


def test_nothing_is_charged_when_either_amount_is_missing() -> None:
    account = Account(DOMAIN, 10, 3)
    with pytest.raises(OutOfRam, match="11 needed, 10 of 10 left"):
        account.charge(11, 1)
    with pytest.raises(OutOfCaps, match="4 capabilities needed, 3 of 3 left"):
        account.charge(1, 4)
    assert (account.ram.used, account.caps.used) == (0, 0)


def test_a_shortage_is_told_what_is_asked_for_and_the_charge_tried_again_as_long_as_it_helps() -> None:
    asked: list[tuple[int, int]] = []

    def shortage(ram: int, caps: int) -> bool:
        asked.append((ram, caps))
        account.grow(2, 0)
        return len(asked) < 3

    account = Account(DOMAIN, 0, 5, shortage=shortage)
    with pytest.raises(OutOfRam):
        account.charge(9, 1)
    assert asked == [(9, 1)] * 3
    account.charge(6, 1)


def test_closing_twice_refunds_once_also_if_the_release_fails() -> None:
    notes: list[object] = []
    account = Account(DOMAIN, 10, 10)
    resource = Noted(account, notes, fail=True)
    with pytest.raises(ValueError, match="it does not want to go"):
        resource.close()
    resource.close()
    assert (len(notes), account.ram.used, account.caps.used, account.owned) == (1, 0, 0, {})


def test_one_resource_that_fails_to_go_keeps_no_other_from_it() -> None:
    notes: list[object] = []
    account = Account(DOMAIN, 10, 10)
    for name in range(4):
        Noted(account, notes, name, fail=name % 2 == 1)
    with pytest.raises(ValueError, match="it does not want to go"):
        account.close()
    assert notes == [3, 2, 1, 0]
    assert (account.ram.used, account.caps.used) == (0, 0)


@given(st.lists(st.tuples(st.sampled_from(("buy", "close", "sub", "up")), st.integers(0, 40), st.integers(0, 4)),
                max_size=30))
def test_books_are_never_negative_nor_beyond_their_limit_and_balance_in_the_end(
        steps: list[tuple[str, int, int]]) -> None:
    root = Account(DOMAIN, 100, 10)
    accounts, bought = [root], list[Resource]()
    for step, ram, caps in steps:
        account = accounts[-1]
        try:
            if step == "buy":
                bought.append(account.reserve(ram=ram, caps=caps))
            elif step == "close" and bought:
                bought.pop(ram % len(bought)).close()
            elif step == "sub":
                accounts.append(account.sub(ram=ram, caps=caps))
            elif step == "up" and len(accounts) > 1:
                accounts.pop().close()
        except (OutOfRam, OutOfCaps):
            continue
        finally:
            for known in accounts:
                assert 0 <= known.ram.used <= known.ram.limit
                assert 0 <= known.caps.used <= known.caps.limit
    root.close()
    assert (root.ram.used, root.caps.used, root.owned) == (0, 0, {})


def test_closing_an_account_frees_dataspaces_handlers_and_objects_at_core(boot: Booted) -> None:
    assert boot.run("accounts", "own").lines == [
        "", "released first", "8192 18442 6", "released last", "released inner", "balanced: True 0 0"]


def test_what_a_failed_constructor_bought_is_released(boot: Booted) -> None:
    child = boot.run("accounts", "half_done")
    assert child.lines == ["", "OutOfCaps: 1 capabilities needed, 0 of 3 left", "balanced: True"]


def test_a_component_runs_out_of_its_quota_only_and_gets_it_back(boot: Booted) -> None:
    _, ram, caps, balanced = boot.run("accounts", "run_out", ram="4M", caps=40).lines
    assert ram.startswith("OutOfRam: 1M needed")
    assert caps.startswith("OutOfCaps: 1 capabilities needed, 0 of ")
    assert balanced == "balanced: True"


def test_a_domain_that_runs_out_takes_nothing_from_whoever_opened_it(boot: Booted) -> None:
    assert boot.run("accounts", "poor_domain").lines == [
        "", "OutOfRam: 12K needed, 8K of 8K left", "OutOfRam: 1M needed, 8K of 8K left", "untouched: True"]


def test_whoever_pays_from_the_patient_account_waits_and_says_so(boot: Booted) -> None:
    child = boot.start("accounts", "wait")
    boot.wait(lambda: any(line.startswith("Warning: waiting for resources") for line in child.lines))
    asked, waiting = child.lines[-2:]
    assert waiting == f"Warning: waiting for resources of the parent: ram_quota={int(asked) + 4096}, cap_quota=0"
    assert child.exit_value is None
    child.destroy()


def test_what_the_domain_refuses_though_the_books_allow_it_is_a_shortage_too() -> None:
    refusals: list[Exception] = [OutOfRam("none left"), OutOfCaps("none left")]
    asked: list[tuple[int, int]] = []

    def allocate() -> str:
        if refusals:
            raise refusals.pop(0)
        return "memory"

    def shortage(ram: int, caps: int) -> bool:
        asked.append((ram, caps))
        return True

    assert Account(DOMAIN, 9, 9, shortage=shortage).obtain(allocate, 9, 1) == "memory"
    assert asked == [(9, 0), (0, 1)]
    refusals = [OutOfRam("none left")]
    with pytest.raises(OutOfRam):
        Account(DOMAIN, 9, 9).obtain(allocate, 9, 1)
