"""Calls, signals and capabilities of one component, without processes."""

from __future__ import annotations

import threading
from typing import Any, cast

import pytest
from kernel.linux.parties import Party, parties
from kernel.linux.test_gate import echo, running, served

from bastide.kernel.interface import MESSAGE_BYTES, MESSAGE_CAPS, Caps, Handle, IpcError
from bastide.kernel.linux.channel import Channel
from bastide.kernel.linux.incoming import Calls
from bastide.kernel.linux.page import MAX_SLOTS
from bastide.kernel.linux.seal import HANDLE_BYTES, numbers, voucher
from bastide.kernel.linux.voucher import Borrowed, proper


@pytest.mark.parametrize("forged", [None, b"", b"x" * 31, "x" * 32, 5, (1, 2), bytearray(32)], ids=repr)
def test_what_has_no_shape_of_a_handle_is_an_ipc_error_and_no_signal(forged: Any) -> None:
    with parties(1) as (party,):
        with pytest.raises(IpcError, match="is no capability"):
            party.transport.call(forged, b"")
        with pytest.raises(IpcError, match="is no capability"):
            party.transport.gate(forged)
        with pytest.raises(IpcError, match="is no capability"):
            party.transport.read(forged)
        party.transport.submit(forged)


def test_capabilities_come_back_as_what_they_were() -> None:
    with parties(2) as (server, client):
        gate, _, handle = served(server, client)
        own, _ = client.entrypoint()
        mine = client.mint(own)
        with running(gate):
            assert client.transport.call(handle, b"x", (mine, None, handle)) == (b"x", (mine, None, handle))


def test_a_forged_capability_does_not_pass_for_the_receivers_own() -> None:
    with parties(2) as (server, client):
        entrypoint, gate = server.entrypoint()
        identity = server.switchboard.mint(entrypoint)
        own = server.handle(entrypoint, identity)
        got: list[Caps] = []

        def dispatch(request: bytes, caps: Caps) -> tuple[bytes, Caps]:
            got.append(caps)
            return b"", ()

        gate.serve(own, dispatch)
        real: Any = client.handle(entrypoint, identity)
        with running(gate):
            client.transport.call(real, b"", (Handle(real[:16] + bytes(16)), real))
        assert got == [(None, own)]


def passed_on(handle: Handle, sender: Party, receiver: Party) -> Borrowed:
    """What the receiver has of a capability that the sender passed on."""
    cap, = receiver.transport.received(sender.transport.sent((handle,), receiver.side.number), sender.side.number)
    assert isinstance(cast(object, cap), Borrowed)
    return cast(Borrowed, cap)


def test_core_is_not_asked_for_a_capability_that_was_passed_on_if_there_is_a_channel() -> None:
    with parties(3) as (server, friend, client):
        gate, entrypoint, handle = served(server, friend)
        another = client.mint(entrypoint)
        gate.serve(server.handle(entrypoint, numbers(proper(another))[1]), echo)
        with running(gate):
            first = passed_on(handle, friend, client)
            assert client.transport.call(Handle(first), b"it takes a channel") == (b"it takes a channel", ())
            assert first.redeemed
            second = passed_on(handle, friend, client)
            for word in (b"once", b"twice"):
                assert client.transport.call(Handle(second), word) == (word, ())
            assert not second.redeemed
            assert second == first, "it is redeemed to be compared"
            assert second.redeemed
            assert client.transport.call(Handle(second), b"again") == (b"again", ())


def test_a_server_takes_a_voucher_of_nobody_but_its_maker_from_nobody_but_its_receiver() -> None:
    with parties(4) as (server, friend, client, stranger):
        gate, entrypoint, handle = served(server, friend)
        identity = numbers(proper(handle))[1]
        others = server.mint(entrypoint)
        gate.serve(others, echo)
        good, sender = voucher(proper(handle), client.side.number), friend.side.number
        with running(gate):
            channels: list[Channel] = []
            for party in (client, stranger):
                party.connect(proper(party.handle(entrypoint, identity)), True)
                channels += party.transport.channels.values()
            own, foreign = channels
            for channel, shown, who in (
                    (foreign, good, sender), (foreign, good, stranger.side.number), (own, good, client.side.number),
                    (own, good, server.side.number), (own, good, 0), (own, good, 1 << 63),
                    (own, good[:16] + bytes(16), sender), (own, good[:31] + bytes([good[31] ^ 1]), sender),
                    (own, good[:8] + numbers(proper(others))[1].to_bytes(8, "little") + good[16:], sender),
                    (own, voucher(good, client.side.number), sender), (own, proper(handle), sender)):
                with pytest.raises(IpcError, match="no such object"):
                    channel.call(shown, b"x", b"", who)
            assert own.call(good, b"x", b"", sender) == (b"x", 0)
            gate.dissolve(server.handle(entrypoint, identity))
            with pytest.raises(IpcError, match="no such object"):
                own.call(good, b"x", b"", sender)


def test_whoever_has_many_friends_fills_no_memory_of_a_server_with_their_vouchers() -> None:
    with parties(7) as (server, client, *friends):
        gate, entrypoint, handle = served(server, client)
        identity = numbers(proper(handle))[1]
        client.connect(proper(handle), True)
        channel, = client.transport.channels.values()
        with running(gate):
            vouchers = [(voucher(proper(friend.handle(entrypoint, identity)), client.side.number), friend.side.number)
                        for friend in friends]
            for shown, sender in vouchers * 2:
                assert channel.call(shown, b"x", b"", sender) == (b"x", 0)
            incoming, = gate._channels.values()
            assert isinstance(incoming, Calls)
            assert list(incoming.objects) == [vouchers[0][0]]
            assert client.transport.call(handle, b"y") == (b"y", ())
            assert list(incoming.objects) == [proper(handle)]
            assert channel.call(vouchers[0][0], b"z", b"", vouchers[0][1]) == (b"z", 0)
            assert list(incoming.objects) == [proper(handle)]


def test_limits_of_messages_hold_with_and_without_capabilities() -> None:
    with parties(2) as (server, client):
        gate, _, handle = served(server, client)
        with running(gate):
            for caps in ((), (handle,)):
                with pytest.raises(IpcError, match=f"{MESSAGE_BYTES} is the limit"):
                    client.transport.call(handle, bytes(MESSAGE_BYTES + 1), caps)
            with pytest.raises(IpcError, match=f"{MESSAGE_CAPS} is the limit"):
                client.transport.call(handle, b"", (handle,) * (MESSAGE_CAPS + 1))
            full = bytes(MESSAGE_BYTES)
            assert client.transport.call(handle, full, (handle,) * MESSAGE_CAPS) == (full, (handle,) * MESSAGE_CAPS)


def test_a_call_ends_when_the_server_leaves_meanwhile() -> None:
    with parties(2) as (server, client):
        entrypoint, gate = server.entrypoint()
        identity = server.switchboard.mint(entrypoint)
        entered, leave = threading.Event(), threading.Event()

        def dispatch(request: bytes, caps: Caps) -> tuple[bytes, Caps]:
            entered.set()
            leave.wait(10)
            return b"", ()

        gate.serve(server.handle(entrypoint, identity), dispatch)
        failures: list[IpcError] = []

        def call() -> None:
            try:
                client.transport.call(client.handle(entrypoint, identity), b"")
            except IpcError as error:
                failures.append(error)

        with running(gate):
            caller = threading.Thread(target=call)
            caller.start()
            assert entered.wait(10)
            client.switchboard.leave(server.side)       # tells the client, whose thread that takes it must not wait
            assert client.transport.channels == {}
            leave.set()
        server.transport.close()                        # as when its process ends
        server.transport.gates.clear()
        caller.join(10)
        assert len(failures) == 1 or not caller.is_alive()


def test_a_context_that_was_dissolved_gets_no_signal_any_more() -> None:
    with parties(2) as (server, client):
        entrypoint, gate = server.entrypoint()
        number = server.switchboard.mint(entrypoint, context=True)
        identity, theirs = server.handle(entrypoint, number), client.handle(entrypoint, number)
        heard: list[int] = []
        gate.listen(identity, heard.append, True)
        client.transport.submit(theirs)
        assert gate.poll_io()
        gate.dissolve(identity)
        client.transport.submit(theirs)
        assert not gate.poll_io()
        assert heard == [1]


def test_more_contexts_than_there_are_slots_are_signalled_once_the_owner_has_looked() -> None:
    with parties(2) as (server, client):
        entrypoint, gate = server.entrypoint()
        heard: dict[int, int] = {}
        numbers = [server.switchboard.mint(entrypoint, context=True) for _ in range(500)]
        for number in numbers:
            gate.listen(server.handle(entrypoint, number),
                        lambda count, number=number: heard.update({number: count}), True)  # type: ignore[misc]
        for number in numbers:
            client.transport.submit(client.handle(entrypoint, number))
            gate.poll_io()
        while gate.poll_io():
            continue
        assert heard == dict.fromkeys(numbers, 1)


def test_no_signal_is_lost_however_many_contexts_are_signalled_while_their_owner_sleeps() -> None:
    with parties(2) as (server, client):
        entrypoint, gate = server.entrypoint()
        heard: dict[int, int] = {}
        numbers = [server.switchboard.mint(entrypoint, context=True) for _ in range(5 * MAX_SLOTS)]
        for number in numbers:
            gate.listen(server.handle(entrypoint, number),
                        lambda count, number=number: heard.update({number: count}), True)  # type: ignore[misc]
        for _ in range(3):
            for number in numbers:
                client.transport.submit(client.handle(entrypoint, number))
        assert len(client.side.channels) == 5
        while gate.poll_io():
            continue
        assert heard == dict.fromkeys(numbers, 3)
        for number in numbers[:MAX_SLOTS]:
            server.switchboard.forget(server.side, number, entrypoint.number)
        fresh = server.switchboard.mint(entrypoint, context=True)
        gate.listen(server.handle(entrypoint, fresh), lambda count: heard.update({fresh: count}), True)
        client.transport.submit(client.handle(entrypoint, fresh))
        assert gate.poll_io()
        assert (heard[fresh], len(client.side.channels)) == (1, 5)      # slots are used again


def test_handles_have_one_size() -> None:
    with parties(2) as (server, client):
        _, _, handle = served(server, client)
        assert isinstance(handle, bytes)
        assert len(handle) == HANDLE_BYTES
        assert echo(b"x", ()) == (b"x", ())
