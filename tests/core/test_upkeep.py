"""Upkeep is paid from the price of the PD session as long as that lasts, and from the quota beyond."""

from __future__ import annotations

from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastide.base import Account, OutOfCaps, OutOfRam
from bastide.base.account import Domain
from bastide.core.ledger import LedgerAccount
from bastide.core.upkeep import DOMAIN_CAPS, DOMAIN_RAM, Upkeep


def upkeep(price_ram: int, price_caps: int, ram: int, caps: int) -> tuple[Upkeep, LedgerAccount, Account]:
    price = Account(cast(Domain, None), DOMAIN_RAM + price_ram, DOMAIN_CAPS + price_caps)
    quota = LedgerAccount("child")
    quota.ram.limit, quota.caps.limit = ram, caps
    return Upkeep(price, quota), quota, price


def test_a_domain_has_its_price_even_if_it_never_talks() -> None:
    price = Account(cast(Domain, None), DOMAIN_RAM - 1, DOMAIN_CAPS)
    with pytest.raises(OutOfRam):
        Upkeep(price, LedgerAccount("child"))
    with pytest.raises(OutOfCaps):
        Upkeep(Account(cast(Domain, None), DOMAIN_RAM, DOMAIN_CAPS - 1), LedgerAccount("child"))


def test_what_exceeds_the_price_is_charged_to_the_quota_and_given_back_first() -> None:
    pay, quota, _ = upkeep(100, 2, 50, 1)
    assert pay(100, 2)
    assert (quota.ram.used, quota.caps.used) == (0, 0)
    assert pay(50, 1)
    assert (quota.ram.used, quota.caps.used) == (50, 1)
    assert not pay(1, 0)
    assert not pay(0, 1)
    assert pay(-60, 0)
    assert (quota.ram.used, quota.caps.used) == (0, 1)
    assert pay(60, 0)
    assert (quota.ram.used, quota.caps.used) == (50, 1)


def test_a_price_that_is_raised_relieves_the_quota_at_the_next_change() -> None:
    pay, quota, price = upkeep(100, 0, 50, 0)
    assert pay(150, 0)
    price.grow(40, 0)
    assert pay(0, 0)
    assert quota.ram.used == 10


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 3)), max_size=40), st.randoms())
def test_whatever_is_given_back_in_whatever_order_nothing_stays_charged(
        amounts: list[tuple[int, int]], order: st.DrawFn) -> None:
    pay, quota, _ = upkeep(100, 5, 300, 20)
    kept = [amount for amount in amounts if pay(*amount)]
    assert quota.ram.used == max(0, sum(ram for ram, _ in kept) - 100)
    assert quota.caps.used == max(0, sum(caps for _, caps in kept) - 5)
    order.shuffle(kept)  # type: ignore[attr-defined]
    for ram, caps in kept:
        assert pay(-ram, -caps)
    assert (quota.ram.used, quota.caps.used) == (0, 0)
