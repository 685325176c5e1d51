"""The ledger's invariants, whatever is asked of it in whatever order."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from bastide.base import OutOfCaps, OutOfRam
from bastide.base.errors import QuotaExceeded, UnrelatedAccount
from bastide.core.ledger import LedgerAccount

RAM, CAPS = 1 << 20, 100
AMOUNTS = st.integers(-5, 200) | st.integers(-1 << 63, 1 << 63)
REFUSALS = (OutOfRam, OutOfCaps, QuotaExceeded, UnrelatedAccount)


def figures(account: LedgerAccount) -> tuple[int, int, int, int]:
    return account.ram.limit, account.ram.used, account.caps.limit, account.caps.used


def account(name: str, ram: int = 0, caps: int = 0) -> LedgerAccount:
    made = LedgerAccount(name)
    made.ram.limit, made.caps.limit = ram, caps
    return made


class Books(RuleBasedStateMachine):
    accounts = Bundle("accounts")

    @initialize(target=accounts)
    def root(self) -> LedgerAccount:
        self.everybody = [account("root", RAM, CAPS)]
        self.charges: dict[LedgerAccount, list[tuple[int, int]]] = {}
        return self.everybody[0]

    @rule(target=accounts, reference=accounts)
    def open(self, reference: LedgerAccount) -> LedgerAccount:
        made = account(f"number {len(self.everybody)}")
        if not reference.closed:
            made.refer_to(reference)
        self.everybody.append(made)
        return made

    @rule(by=accounts, source=accounts, receiver=accounts, taken=st.tuples(AMOUNTS, AMOUNTS),
          given=st.tuples(AMOUNTS, AMOUNTS))
    def relayed(self, by: LedgerAccount, source: LedgerAccount, receiver: LedgerAccount, taken: tuple[int, int],
              given: tuple[int, int]) -> None:
        before = [figures(each) for each in (by, source, receiver)]
        try:
            by.relay(source, receiver, taken, given)
        except REFUSALS:
            assert [figures(each) for each in (by, source, receiver)] == before
        else:
            assert source.reference is by and receiver.reference is by
            assert min(*taken, *given) >= 0

    @rule(one=accounts, other=accounts)
    def refer(self, one: LedgerAccount, other: LedgerAccount) -> None:
        had = one.reference
        if one is self.everybody[0]:
            return                      # as core's own account, it has none
        try:
            one.refer_to(other)
        except UnrelatedAccount:
            assert one.reference is had
        else:
            assert had is None
            above: LedgerAccount | None = other
            while above is not None:
                assert above is not one
                above = above.reference

    @rule(giver=accounts, taker=accounts, ram=AMOUNTS, caps=AMOUNTS)
    def transfer(self, giver: LedgerAccount, taker: LedgerAccount, ram: int, caps: int) -> None:
        before = figures(giver), figures(taker)
        try:
            giver.transfer(taker, ram, caps)
        except REFUSALS:
            assert (figures(giver), figures(taker)) == before
        else:
            assert giver.reference is taker or taker.reference is giver
            assert figures(taker)[0] == before[1][0] + ram
            assert figures(giver)[2] == before[0][2] - caps

    @rule(payer=accounts, ram=AMOUNTS, caps=AMOUNTS)
    def charge(self, payer: LedgerAccount, ram: int, caps: int) -> None:
        before = figures(payer)
        if ram < 0 or caps < 0 or payer.closed:
            return                      # core charges sizes of things only, and for domains that exist
        try:
            payer.charge(ram, caps)
        except REFUSALS:
            assert figures(payer) == before
        else:
            self.charges.setdefault(payer, []).append((ram, caps))

    @rule(payer=accounts)
    def refund(self, payer: LedgerAccount) -> None:
        if self.charges.get(payer):
            payer.refund(*self.charges[payer].pop())

    @rule(gone=accounts)
    def close(self, gone: LedgerAccount) -> None:
        if gone is self.everybody[0] or gone.closed:
            return
        for ram, caps in self.charges.pop(gone, []):
            gone.refund(ram, caps)      # what it bought is released first
        reference = gone.reference
        referring = [other for other in self.everybody if other.reference is gone and not other.closed]
        had = figures(gone)
        before = figures(reference) if reference else None
        gone.close()
        gone.close()
        assert all(other.reference is reference for other in referring)
        if reference and before:
            assert figures(gone) == (0, 0, 0, 0)
            assert figures(reference)[0] == before[0] + had[0]
            assert figures(reference)[2] == before[2] + had[2]

    @invariant()
    def nothing_is_negative_or_beyond_its_limit(self) -> None:
        for known in getattr(self, "everybody", []):
            assert 0 <= known.ram.used <= known.ram.limit
            assert 0 <= known.caps.used <= known.caps.limit

    @invariant()
    def limits_sum_up_to_what_was_put_in(self) -> None:
        everybody = getattr(self, "everybody", [])
        if everybody:
            assert sum(known.ram.limit for known in everybody) == RAM
            assert sum(known.caps.limit for known in everybody) == CAPS


Books.TestCase.settings = settings(max_examples=60, stateful_step_count=30)
TestBooks = Books.TestCase


class Warm(LedgerAccount):
    """An account whose program takes memory beyond the allowance."""

    def heap(self) -> int:
        return 60

    def changed(self) -> None:
        self.told = (self.ram.limit, self.ram.used)


def test_what_the_heap_takes_can_neither_be_spent_nor_given_away() -> None:
    root, warm = account("root"), Warm("warm")
    warm.ram.limit = 100
    warm.refer_to(root)
    with pytest.raises(OutOfRam, match="41 needed"):
        warm.charge(41, 0)
    with pytest.raises(QuotaExceeded, match="warm has 40 of RAM left, 41 were asked for"):
        warm.transfer(root, 41, 0)
    warm.charge(40, 0)
    assert warm.told == (100, 40)
    assert warm.ram_avail == 0


def test_a_heap_beyond_the_limit_leaves_nothing_and_no_debt() -> None:
    warm = Warm("warm")
    warm.ram.limit = 50
    assert warm.ram_avail == 0


def test_a_transfer_names_who_has_too_little_of_what() -> None:
    root, child = account("root", 10, 10), account("child")
    child.refer_to(root)
    with pytest.raises(QuotaExceeded, match="root has 10 capabilities left, 11 were asked for"):
        root.transfer(child, 5, 11)
    with pytest.raises(QuotaExceeded, match="-1 bytes and 0 capabilities are no amounts to transfer"):
        child.transfer(root, -1, 0)
    assert figures(root) == (10, 0, 10, 0)


def test_quota_moves_between_an_account_and_its_reference_only() -> None:
    root, one, other = account("root", 10, 10), account("one"), account("other")
    for child in (one, other):
        child.refer_to(root)
        root.transfer(child, 5, 5)
    with pytest.raises(UnrelatedAccount, match="one and other are not related so"):
        one.transfer(other, 1, 1)


def test_a_relay_moves_between_dependants_and_settles_the_difference_with_their_reference() -> None:
    root, client, server = account("root", 100, 10), account("client"), account("server")
    for child in (client, server):
        child.refer_to(root)
    root.transfer(client, 50, 5)
    root.relay(client, server, (50, 2), (40, 2))
    assert [figures(each) for each in (root, client, server)] == [(60, 0, 5, 0), (0, 0, 3, 0), (40, 0, 2, 0)]
    root.relay(server, client, (40, 2), (50, 2))
    assert [figures(each) for each in (root, client, server)] == [(50, 0, 5, 0), (50, 0, 5, 0), (0, 0, 0, 0)]
    with pytest.raises(QuotaExceeded, match="root has 100 of RAM left, 101 were asked for"):
        root.relay(client, server, (50, 5), (101, 5))
    assert [figures(each) for each in (root, client, server)] == [(50, 0, 5, 0), (50, 0, 5, 0), (0, 0, 0, 0)]


def test_nobody_takes_from_its_own_reference_by_a_relay() -> None:
    root, thief, friend = account("root", 100, 10), account("thief"), account("friend")
    thief.refer_to(root)
    friend.refer_to(thief)
    with pytest.raises(UnrelatedAccount, match="quota is relayed between dependants only: root is none of thief"):
        thief.relay(root, friend, (10, 1), (10, 1))
    assert figures(root) == (100, 0, 10, 0)


def test_a_reference_is_set_once_and_never_to_itself() -> None:
    root, child = account("root"), account("child")
    child.refer_to(root)
    with pytest.raises(UnrelatedAccount, match="child has the reference account root already"):
        child.refer_to(account("third"))
    with pytest.raises(UnrelatedAccount, match="itself, one below it, or a closed one"):
        root.refer_to(root)
