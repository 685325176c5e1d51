"""The gate of an entrypoint, with clients that do not play fair, in one process."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
from kernel.linux.parties import Party, parties

from bastide.kernel.interface import Caps, Handle, IpcError
from bastide.kernel.linux import gate as module
from bastide.kernel.linux.gate import LinuxGate
from bastide.kernel.linux.incoming import Calls
from bastide.kernel.linux.switchboard import Entrypoint


@contextmanager
def running(gate: LinuxGate) -> Iterator[None]:
    thread = threading.Thread(target=gate.run)
    thread.start()
    try:
        yield
    finally:
        gate.stop()
        thread.join()


def echo(request: bytes, caps: Caps) -> tuple[bytes, Caps]:
    return request, caps


def served(server: Party, client: Party) -> tuple[LinuxGate, Entrypoint, Handle]:
    """An echo object of the server, and the client's handle of it."""
    entrypoint, gate = server.entrypoint()
    identity = server.switchboard.mint(entrypoint)
    gate.serve(server.handle(entrypoint, identity), echo)
    return gate, entrypoint, client.handle(entrypoint, identity)


def fill(pipe: int) -> None:
    with suppress(BlockingIOError):
        while True:
            os.write(pipe, b"?" * 4096)
    with suppress(BlockingIOError):
        while True:
            os.write(pipe, b"?")


def test_a_reply_pipe_that_nobody_drains_blocks_nobody() -> None:
    with parties(3) as (server, deaf, client):
        gate, entrypoint, handle = served(server, deaf)
        object_number = int.from_bytes(bytes(handle)[8:16], "little")  # type: ignore[call-overload]
        with running(gate):
            deaf.transport.call(handle, b"x")
            channel = next(iter(gate._channels.values()))
            assert isinstance(channel, Calls)
            fill(channel.reply)
            mine = client.handle(entrypoint, object_number)
            assert deaf.transport.call(handle, b"a reply without a ring") == (b"a reply without a ring", ())
            assert client.transport.call(mine, b"y") == (b"y", ())


def test_a_call_gets_through_a_doorbell_that_is_always_full() -> None:
    with parties(2) as (server, client):
        gate, _, handle = served(server, client)
        fill(gate._doorbell._bell)
        answers: list[bytes] = []
        caller = threading.Thread(target=lambda: answers.append(client.transport.call(handle, b"x")[0]))
        caller.start()
        with running(gate):
            caller.join()
        assert answers == [b"x"]


def test_signals_through_a_full_doorbell_are_not_lost() -> None:
    with parties(2) as (server, client):
        entrypoint, gate = server.entrypoint()
        identity = server.switchboard.mint(entrypoint, context=True)
        counts: list[int] = []

        def deliver(count: int) -> None:
            counts.append(count)
            gate.stop()

        gate.listen(server.handle(entrypoint, identity), deliver, False)
        fill(gate._doorbell._bell)
        for _ in range(3):
            client.transport.submit(client.handle(entrypoint, identity), 2)
        gate.run()
        assert counts == [6]


def test_signals_that_nobody_listens_to_are_kept_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "UNHEARD_LIMIT", 3)
    with parties(2) as (server, client):
        entrypoint, gate = server.entrypoint()
        identities = [server.switchboard.mint(entrypoint, context=True) for _ in range(5)]
        for count, identity in enumerate(identities, 1):
            client.transport.submit(client.handle(entrypoint, identity), count)
        gate.poll_io()
        heard: list[int] = []
        listen: Callable[[int], None] = lambda count: heard.append(count)  # noqa: E731
        for identity in identities:
            gate.listen(server.handle(entrypoint, identity), listen, True)
        while gate.poll_io():
            continue
        assert sorted(heard) == [3, 4, 5]


def test_clients_that_are_gone_leave_nothing_behind() -> None:
    with parties(6) as (server, *clients):
        gate, entrypoint, handle = served(server, clients[0])
        identity = int.from_bytes(bytes(handle)[8:16], "little")  # type: ignore[call-overload]
        with running(gate):
            for client in clients:
                client.transport.call(client.handle(entrypoint, identity), b"x")
                client.switchboard.leave(client.side)
            server_done = threading.Event()
            gate.post(server_done.set)
            assert server_done.wait(10)
        assert gate._channels == {}
        assert all(target.known == {} for target in gate._objects.values())
        assert sum(map(len, gate._rings)) == 0


def test_a_gate_settles_often_at_first_and_seldom_later() -> None:
    with parties(2) as (server, client):
        gate, _, handle = served(server, client)
        calls: list[int] = []
        made = 0
        gate.settled = lambda: calls.append(made)
        with running(gate):
            for made in range(1, 101):  # noqa: B007  # the gate's thread looks at it
                client.transport.call(handle, b"x")
        assert 6 <= len(calls) <= 10


def test_a_gate_tidies_up_when_nobody_has_rung_for_a_while_and_not_before() -> None:
    with parties(2) as (server, client):
        gate, _, handle = served(server, client)
        tidied, calls = threading.Semaphore(0), 0
        seen: list[int] = []

        def tidy() -> None:
            seen.append(calls)
            tidied.release()

        gate.when_idle(tidy)
        with running(gate):
            for calls in range(1, 51):  # noqa: B007  # the gate's thread looks at it
                client.transport.call(handle, b"x")
            assert tidied.acquire(timeout=30)
            client.transport.call(handle, b"x")
            assert tidied.acquire(timeout=30)
        assert seen == [50, 50]


def test_a_gate_hears_of_a_signal_that_another_thread_got() -> None:
    with parties(2) as (server, client):
        gate, _, _ = served(server, client)
        before = signal.signal(signal.SIGUSR1, lambda number, frame: gate.stop())
        gate.wake_for_signals(True)
        try:
            gate.post(threading.Thread(target=signal.raise_signal, args=(signal.SIGUSR1,)).start)
            gate.run()
        finally:
            gate.wake_for_signals(False)
            signal.signal(signal.SIGUSR1, before)
        gate.stop()
        gate.run()                      # it can be run again


def test_each_gate_is_taken_once_and_by_its_owner_alone() -> None:
    with parties(2) as (server, client):
        entrypoint, _ = server.entrypoint()
        with pytest.raises(IpcError, match="taken before"):
            server.transport.gate(server.handle(entrypoint, entrypoint.number))
        with pytest.raises(IpcError, match="no such entrypoint"):
            client.transport.gate(client.handle(entrypoint, entrypoint.number))


def test_an_alarm_rings_although_nobody_else_does_and_not_before_its_time() -> None:
    with parties(1) as (party,):
        _, gate = party.entrypoint()
        rung: list[int] = []

        def expired() -> None:
            rung.append(party.transport.now())
            gate.stop()

        at = party.transport.now() + 300
        gate.alarm(at, expired)
        gate.run()
        assert rung[0] >= at


def test_what_others_post_to_a_gate_that_was_closed_meanwhile_is_nobodys_business() -> None:
    with parties(1) as (party,):
        _, gate = party.entrypoint()
    reused = os.pipe()                          # the bell's number means something else now
    try:
        gate.post(lambda: None)
        gate.submit(1, 1)
        gate.stop()
        os.set_blocking(reused[0], False)
        with pytest.raises(BlockingIOError):
            os.read(reused[0], 1)
    finally:
        for end in reused:
            os.close(end)
