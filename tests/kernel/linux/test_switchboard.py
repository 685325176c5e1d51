"""Who may reach whom, as the switchboard decides it, without any process."""

from __future__ import annotations

import os

import pytest
from kernel.linux.parties import Party, parties
from kernel.linux.test_gate import running, served

from bastide.kernel.interface import IpcError, OutOfMachine
from bastide.kernel.linux import switchboard as module
from bastide.kernel.linux.control import Kind
from bastide.kernel.linux.seal import voucher


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def raw(handle: object) -> bytes:
    assert isinstance(handle, bytes)
    return handle


def test_a_handle_is_good_for_the_one_it_was_sealed_for() -> None:
    with parties(3) as (server, client, thief):
        entrypoint, _ = server.entrypoint()
        identity = server.switchboard.mint(entrypoint)
        handle = raw(client.handle(entrypoint, identity))
        assert server.switchboard.connect(handle, client.side, True).holder is client.side
        with pytest.raises(IpcError, match="the capability is not yours"):
            server.switchboard.connect(handle, thief.side, True)
        with pytest.raises(IpcError, match="the capability is not yours"):
            server.switchboard.connect(handle[:16] + bytes(16), client.side, True)


def test_what_is_forgotten_can_neither_be_reached_nor_passed_on() -> None:
    with parties(3) as (server, client, friend):
        switchboard = server.switchboard
        entrypoint, _ = server.entrypoint()
        identity = switchboard.mint(entrypoint)
        handle = raw(client.handle(entrypoint, identity))
        passed = voucher(handle, friend.side.number)
        assert switchboard.redeem(passed, client.side.number, friend.side) == raw(friend.handle(entrypoint, identity))
        switchboard.forget(friend.side, identity, entrypoint.number)        # none of its own
        switchboard.redeem(passed, client.side.number, friend.side)
        switchboard.forget(server.side, identity, entrypoint.number)
        with pytest.raises(IpcError, match="no such object"):
            switchboard.redeem(passed, client.side.number, friend.side)
        with pytest.raises(IpcError, match="no such object"):
            switchboard.connect(handle, client.side, True)


def test_a_voucher_is_good_for_its_receiver_from_its_sender_alone() -> None:
    with parties(4) as (server, client, friend, thief):
        switchboard = server.switchboard
        entrypoint, _ = server.entrypoint()
        handle = raw(client.mint(entrypoint))
        passed = voucher(handle, friend.side.number)
        forged = bytearray(passed)
        forged[-1] ^= 1
        for received, sender, receiver in (
                (passed, client, thief), (passed, thief, friend), (bytes(forged), client, friend),
                (handle, client, friend), (voucher(handle, friend.side.number), friend, friend)):
            with pytest.raises(IpcError, match="no such object"):
                switchboard.redeem(received, sender.side.number, receiver.side)


def test_there_is_one_channel_for_a_pair_however_often_it_is_asked_for() -> None:
    with parties(2) as (server, client):
        entrypoint, _ = server.entrypoint()
        handles = [raw(client.mint(entrypoint)) for _ in range(3)]
        before = descriptors()
        links = {client.switchboard.connect(handle, client.side, True).number for handle in handles}
        assert len(links) == 1
        assert descriptors() - before == 3         # reply and doorbell of the holder, reply of the owner


def test_everything_is_returned_when_a_domain_leaves_whichever_end_it_was() -> None:
    before = descriptors()
    with parties(2) as (server, client):
        for one, other in ((server, client), (client, server)):
            entrypoint, _ = one.entrypoint()
            other.switchboard.connect(raw(other.mint(entrypoint)), other.side, True)
            other.switchboard.connect(raw(other.mint(entrypoint, context=True)), other.side, False)
        server.switchboard.leave(server.side)
        assert (server.side.channels, client.side.channels, server.side.entrypoints) == ({}, {}, {})
        assert [news.kind for news in client.heard[-4:]].count(Kind.OWNER_GONE) == 2
        assert (client.transport.channels, client.transport.signal_channels) == ({}, {})
    assert descriptors() == before


def test_an_entrypoint_that_is_freed_takes_its_channels_along() -> None:
    with parties(2) as (server, client):
        entrypoint, _ = server.entrypoint()
        handle = client.mint(entrypoint)
        client.switchboard.connect(raw(handle), client.side, True)
        client.switchboard.forget(server.side, entrypoint.number, entrypoint.number)
        assert client.side.channels == server.side.channels == {}
        with pytest.raises(IpcError):
            client.transport.call(handle, b"")


def test_whoever_calls_pays_for_the_channel_and_for_signals_whoever_listens() -> None:
    with parties(2) as (server, client):
        entrypoint, _ = server.entrypoint()
        client.switchboard.connect(raw(client.mint(entrypoint)), client.side, True)
        assert ((1 << 20) - client.ram, (1 << 20) - server.ram) == (8192, 0)
        context = raw(client.mint(entrypoint, context=True))
        client.switchboard.connect(context, client.side, False)
        assert ((1 << 20) - client.ram, (1 << 20) - server.ram) == (8192, 4096)
        client.switchboard.leave(client.side)
        assert client.ram == server.ram == 1 << 20


def test_who_cannot_pay_gets_no_channel_and_leaves_nothing_behind() -> None:
    with parties(2) as (server, client):
        entrypoint, _ = server.entrypoint()
        before = descriptors()
        client.ram, server.ram = 8191, 4095
        with pytest.raises(IpcError, match="costs 8192 bytes of RAM, which this component does not have"):
            client.switchboard.connect(raw(client.mint(entrypoint)), client.side, True)
        with pytest.raises(IpcError, match="costs 4096 bytes of RAM, which who listens does not have"):
            client.switchboard.connect(raw(client.mint(entrypoint, context=True)), client.side, False)
        assert (client.side.channels, server.side.channels, descriptors()) == ({}, {}, before)
        client.ram, server.ram = 1 << 20, 1 << 20


def test_pages_of_its_own_are_paid_by_who_asks_and_cost_nothing_where_they_can_not_be_had() -> None:
    with parties(1) as [asker]:
        before, board = descriptors(), asker.switchboard
        asker.ram = 3 * 4096 - 1
        board.hand_out_page(asker.side, 1)
        asker.awake, asker.caps = False, 0
        with pytest.raises(OutOfMachine, match="no capabilities left"):
            board.hand_out_page(asker.side, 2)
        asker.awake, asker.caps = True, 100
        board.hand_out_page(asker.side, 3)
        with pytest.raises(OutOfMachine, match="it costs 4096 bytes of RAM, which this component does not have"):
            board.hand_out_page(asker.side, 4)
        assert ([news.first for news in asker.heard], asker.ram, descriptors()) == ([1, 3], 4095, before)
        board.leave(asker.side)
        assert asker.ram == 3 * 4096 - 1
        asker.ram = 1 << 20


def test_who_was_given_an_object_cannot_have_its_owner_pay_for_signals() -> None:
    with parties(2) as (server, client):
        entrypoint, _ = server.entrypoint()
        with pytest.raises(IpcError, match="this is an object, and no context"):
            client.switchboard.connect(raw(client.mint(entrypoint)), client.side, False)
        context = raw(client.mint(entrypoint, context=True))
        client.switchboard.connect(context, client.side, False)
        with pytest.raises(IpcError, match="those that exist have room for twice as many contexts"):
            client.switchboard.connect(context, client.side, False)


def test_news_that_are_not_taken_wait_in_order_and_cost_whoever_caused_them() -> None:
    with parties(8) as (sleeper, *others):
        entrypoints = [party.entrypoint()[0] for party in others]
        stuck: list[object] = []
        sleeper.switchboard.stuck = stuck.append
        sleeper.awake, sleeper.caps = False, 15
        handles = [raw(sleeper.mint(entrypoint)) for entrypoint in entrypoints]
        for handle in handles[:5]:
            sleeper.switchboard.connect(handle, sleeper.side, True)
        assert sleeper.caps == 0
        with pytest.raises(IpcError, match="has no capabilities left to have it wait"):
            sleeper.switchboard.connect(handles[5], sleeper.side, True)
        assert stuck == [sleeper.side] * 5
        sleeper.awake = True
        sleeper.switchboard.deliver(sleeper.side)
        assert [news.second for news in sleeper.heard] == [entrypoint.number for entrypoint in entrypoints[:5]]
        assert sleeper.caps == 15
        sleeper.switchboard.connect(handles[5], sleeper.side, True)
        sleeper.caps = 100


def test_a_client_pays_for_what_it_piles_up_at_a_server_that_sleeps_and_nobody_else_does() -> None:
    with parties(3) as (sleeper, client, other):
        entrypoints = [sleeper.entrypoint()[0] for _ in range(3)]
        sleeper.switchboard.stuck = lambda side: None
        sleeper.awake, client.caps = False, 4
        handles = [raw(client.mint(entrypoint)) for entrypoint in entrypoints]
        for handle in handles[:2]:
            client.switchboard.connect(handle, client.side, True)
        with pytest.raises(IpcError, match="does not take what core sends"):
            client.switchboard.connect(handles[2], client.side, True)
        other.switchboard.connect(raw(other.mint(entrypoints[2])), other.side, True)    # others still can
        assert (client.caps, other.caps, sleeper.caps) == (0, 98, 100)
        sleeper.awake = True
        sleeper.switchboard.deliver(sleeper.side)
        client.switchboard.connect(handles[2], client.side, True)
        client.caps += 96


def test_a_channel_that_ends_before_its_owner_heard_of_it_is_none_of_its_business() -> None:
    with parties(3) as (sleeper, client, other):
        entrypoint, _ = sleeper.entrypoint()
        sleeper.switchboard.stuck = lambda side: None
        before, sleeper.awake = descriptors(), False
        for party in (client, other):
            party.switchboard.connect(raw(party.mint(entrypoint)), party.side, True)
        client.switchboard.leave(client.side)
        client.transport.close()
        assert [waiting.news.kind for waiting in sleeper.side.undelivered] == [Kind.INCOMING]
        other.switchboard.leave(other.side)
        other.transport.close()
        assert (list(sleeper.side.undelivered), descriptors()) == ([], before)


def test_who_waits_for_a_channel_hears_that_its_owner_is_gone() -> None:
    with parties(2) as (server, sleeper):
        entrypoint, _ = server.entrypoint()
        sleeper.switchboard.stuck = lambda side: None
        sleeper.awake = False
        link = sleeper.switchboard.connect(raw(sleeper.mint(entrypoint)), sleeper.side, True)
        assert sleeper.caps == 97
        server.switchboard.leave(server.side)
        [waiting] = sleeper.side.undelivered
        assert (waiting.news.kind, waiting.news.first, sleeper.caps) == (Kind.OWNER_GONE, link.number, 99)


def test_an_identity_that_core_forgets_is_served_no_more_although_its_owner_kept_it() -> None:
    with parties(2) as (server, client):
        gate, entrypoint, handle = served(server, client)
        identity = int.from_bytes(raw(handle)[8:16], "little")
        with running(gate):
            assert client.transport.call(handle, b"x") == (b"x", ())
            server.switchboard.forget(server.side, identity, entrypoint.number, tell=True)
            with pytest.raises(IpcError, match="no such object"):
                client.transport.call(handle, b"x")


def test_channels_of_one_domain_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_CHANNELS", 3)
    with parties(5) as made:
        server, *clients = made
        entrypoint, _ = server.entrypoint()

        def connect(client: Party) -> None:
            client.switchboard.connect(raw(client.mint(entrypoint)), client.side, True)

        for client in clients[:3]:
            connect(client)
        with pytest.raises(IpcError, match="too many channels: 3 for one component is the limit"):
            connect(clients[3])
        server.switchboard.leave(clients[0].side)
        connect(clients[3])


def test_one_component_cannot_use_up_the_channels_that_another_one_has_for_all(
        monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_CHANNELS_TO_ONE", 3)
    with parties(3) as (parent, greedy, modest):
        def connect(child: Party) -> None:
            made, _ = child.entrypoint()
            parent.switchboard.connect(raw(parent.handle(made, made.number)), parent.side, True)

        for _ in range(3):
            connect(greedy)
        with pytest.raises(IpcError, match="too many channels: 3 from one component to another is the limit"):
            connect(greedy)
        connect(modest)
        greedy.switchboard.forget(greedy.side, next(iter(greedy.side.entrypoints)))
        connect(greedy)


def test_numbers_are_never_used_again() -> None:
    with parties(1) as (party,):
        seen: set[int] = set()
        for _ in range(20):
            entrypoint = party.switchboard.entrypoint(party.side)
            identity = party.switchboard.mint(entrypoint)
            assert not seen & {entrypoint.number, identity}
            seen |= {entrypoint.number, identity}
            party.switchboard.forget(party.side, entrypoint.number)
