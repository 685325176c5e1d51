"""How a component takes in what core sends, without processes: the test is core."""

from __future__ import annotations

import fcntl
import os
import resource
import select
import socket
import termios
import threading
from array import array
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bastide.kernel.interface import Handle, IpcError
from bastide.kernel.linux import control
from bastide.kernel.linux.component import FarAuthority
from bastide.kernel.linux.control import Kind, News
from bastide.kernel.linux.gate import LinuxGate
from bastide.kernel.linux.seal import KEY_BYTES, seal
from bastide.kernel.linux.transport import Transport

KEY, DOMAIN, ENTRYPOINT = bytes(KEY_BYTES), 7, 12
OWN = Handle(seal(KEY, ENTRYPOINT, ENTRYPOINT, DOMAIN))


@pytest.fixture
def core() -> Iterator[tuple[socket.socket, Transport]]:
    """Core's end of the control socket, and the component at the other."""
    near, far = control.pair()
    transport = Transport(DOMAIN, KEY)
    transport.authority = authority = FarAuthority(transport, far.detach(), b"")
    yield near, transport
    transport.close()
    near.close()
    authority._end.close()


@contextmanager
def doorbell() -> Iterator[News]:
    """News of the entrypoint."""
    ends = os.pipe()
    yield News(Kind.ENTRYPOINT, ENTRYPOINT, descriptors=ends)
    for end in ends:
        os.close(end)


def unread(near: socket.socket) -> int:
    """Bytes that the component has not taken."""
    amount = array("i", [0])
    fcntl.ioctl(near, termios.TIOCOUTQ, amount)
    return amount[0]


def test_a_component_waits_for_its_gate_behind_news_that_core_could_not_send_yet(
        core: tuple[socket.socket, Transport]) -> None:
    near, transport = core
    while control.send(near, News(Kind.HOLDER_GONE, 1, 2)):
        continue
    gates: list[LinuxGate | IpcError] = []

    def ask() -> None:
        try:
            gates.append(transport.gate(OWN))
        except IpcError as error:
            gates.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    while unread(near):         # all that core could send is taken, and it is not among that
        assert asking.is_alive(), gates
    with doorbell() as news:
        room = select.poll()
        room.register(near, select.POLLOUT)
        room.poll()
        assert control.send(near, news)
    asking.join(10)
    assert gates == [transport.gates[ENTRYPOINT]]


def test_who_has_no_descriptors_left_for_a_gate_is_told(core: tuple[socket.socket, Transport]) -> None:
    near, transport = core
    with doorbell() as news:
        assert control.send(near, news)
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest = os.dup(0)
    os.close(lowest)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, limits[1]))
    try:
        with pytest.raises(IpcError, match="no gate of the entrypoint: this component has no descriptors left"):
            transport.gate(OWN)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def test_nobody_waits_for_a_gate_that_is_not_his_own(core: tuple[socket.socket, Transport]) -> None:
    _, transport = core
    for key, domain in ((KEY, DOMAIN + 1), (b"x" * KEY_BYTES, DOMAIN)):
        with pytest.raises(IpcError, match="no such entrypoint"):
            transport.gate(Handle(seal(key, ENTRYPOINT, ENTRYPOINT, domain)))
