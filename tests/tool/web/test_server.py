"""The server as strangers meet it: on one interface, with few connections, and gone without a trace."""

from __future__ import annotations

import contextlib
import os
import socket
import threading

import pytest
from tool.web.recorded import Client, Recorded, served

from bastide.tool.web import server
from bastide.tool.web.address import WAITING, listen
from bastide.tool.web.server import MOST_CONNECTIONS, PageServer

NONSENSE = (b"", b"GET / HTTP/1.1\r\nHost: x\r\nX: ", b"\x16\x03\x01\x02\x00" * 99, b"GET " + b"/" * 60_000,
            b"X: y\r\n" * 20_000, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")


def connect(page: PageServer) -> socket.socket:
    return socket.create_connection(("127.0.0.1", page.address.port), timeout=30)


def ended(connection: socket.socket) -> bool:
    """Whether the server ended it: waits for that."""
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def test_only_the_loopback_interface_is_listened_on() -> None:
    with listen() as listener:
        assert listener.getsockname()[0] == "127.0.0.1"


def test_a_port_that_is_taken_is_an_error() -> None:
    with listen() as listener, pytest.raises(OSError, match="in use"):
        listen(listener.getsockname()[1])


def test_strangers_take_a_bounded_number_of_descriptors(page: PageServer, client: Client,
                                                        monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_PATIENCE", 0.2)
    before, most = len(os.listdir("/proc/self/fd")), 0
    crowd: list[socket.socket] = []
    while len(crowd) < 3 * (MOST_CONNECTIONS + WAITING):
        crowd.append(connect(page))
        most = max(most, len(os.listdir("/proc/self/fd")) - len(crowd) - before)
    assert most <= MOST_CONNECTIONS + WAITING
    lost = sum(ended(connection) for connection in crowd)
    assert lost == len(crowd), "those beyond the limit at once, the others after a moment without a request"
    assert client.ask().status == 200
    for connection in crowd:
        connection.close()


def test_who_sends_nothing_sensible_is_sent_away(page: PageServer, monkeypatch: pytest.MonkeyPatch,
                                                 capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(server, "_PATIENCE", 0.1)
    for sent in NONSENSE:
        with connect(page) as connection, contextlib.suppress(ConnectionResetError, BrokenPipeError):
            connection.sendall(sent)
            while connection.recv(65536):
                pass
    assert capfd.readouterr().err == "", "nobody fills the terminal of who runs the system"


def test_a_connection_serves_one_request(page: PageServer) -> None:
    with connect(page) as connection:
        connection.sendall(f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{page.address.port}\r\n\r\n".encode() * 2)
        answer = b""
        while data := connection.recv(65536):
            answer += data
    assert answer.count(b"HTTP/1.1 403") == 1


def test_a_request_to_speak_another_protocol_is_an_ordinary_one(client: Client) -> None:
    answer = client.ask("events", upgrade="websocket", connection="Upgrade", sec_websocket_version="13",
                        sec_websocket_key="AAAAAAAAAAAAAAAAAAAAAA==", cookie=None)
    assert answer.status == 403


def test_nothing_is_left_of_a_server_that_was_closed() -> None:
    descriptors, threads = set(os.listdir("/proc/self/fd")), threading.active_count()
    page = served(Recorded())
    client = Client(page.address)
    events = client.listen()
    events.next("state")
    page.close()
    page.close()
    events.close()
    assert set(os.listdir("/proc/self/fd")) == descriptors
    assert threading.active_count() == threads
    with pytest.raises(ConnectionRefusedError):
        connect(page)
