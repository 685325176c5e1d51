"""Attackers that make descriptors for something new, or use the socket they have for more than to receive."""

from __future__ import annotations

import ctypes

from attacks.attack import Attack, World, denied
from attacks.raw import address, call, filled, room

UNIX, INET, NETLINK, PACKET, INET6, ALG = 1, 2, 16, 17, 10, 38
STREAM, DATAGRAM, RAW, SEQPACKET = 1, 2, 3, 5
SOCKET, RIGHTS, SEND_BUFFER, RECEIVE_BUFFER, PEER, PASS_CREDENTIALS = 1, 1, 7, 8, 17, 16


def control(world: World) -> int:
    return world.control


def _message(world: World, descriptor: int | None = None) -> tuple[object, list[object]]:
    """struct msghdr of one byte, perhaps with a descriptor; and what must live as long."""
    text = room(1)
    vector = filled("@PN", address(text), 1)
    rights = filled("@NiiiI", 20, SOCKET, RIGHTS, descriptor, 0) if descriptor is not None else None
    header = filled("@PIPNPNi", 0, 0, address(vector), 1, address(rights) if rights else 0, 24 if rights else 0, 0)
    return header, [text, vector, rights]


def _send_message(world: World) -> None:
    header, _kept = _message(world)
    call("sendmsg", world.control, header, 0)


def _send_descriptor(world: World) -> None:
    header, _kept = _message(world, world.memory)
    call("sendmsg", world.control, header, 0)


def _send_messages(world: World) -> None:
    header, _kept = _message(world)
    several = ctypes.create_string_buffer(bytes(ctypes.string_at(ctypes.addressof(header), 56)) + bytes(8))  # type: ignore[arg-type]
    call("sendmmsg", world.control, several, 1, 0)


ATTACKS = {
    "make a local socket": denied("socket", UNIX, STREAM, 0),
    "make a socket for TCP": denied("socket", INET, STREAM, 0),
    "make a socket for UDP": denied("socket", INET, DATAGRAM, 0),
    "make a socket for IPv6": denied("socket", INET6, STREAM, 0),
    "make a socket to the kernel": denied("socket", NETLINK, RAW, 0),
    "make a raw socket": denied("socket", PACKET, RAW, 0, privileged=True),
    "make a pair of sockets": denied("socketpair", UNIX, SEQPACKET, 0, room()),
    "make a pipe": denied("pipe", room()),
    "make a pipe with flags": denied("pipe2", room(), 0),
    "make a counter": denied("eventfd2", 0, 0),
    "make a set of descriptors": denied("epoll_create1", 0),
    "make a timer": denied("timerfd_create", 0, 0),
    "make a descriptor for signals": denied("signalfd4", -1, room(), 8, 0),
    "copy a descriptor": denied("dup", control),
    "copy a descriptor over another": denied("dup3", control, 90, 0),
    "copy a descriptor over another, the old way": denied("dup2", control, 90),
    "close many descriptors": denied("close_range", 100, 200, 0),
    "give its socket a name": denied("bind", control, filled("<H14s", UNIX, b"\0attack"), 9),
    "connect its socket": denied("connect", control, filled("<H14s", UNIX, b"\0attack"), 9, outside="ECONNREFUSED"),
    "ask for the name of its socket": denied("getsockname", control, room(), filled("<I", 128)),
    "ask who is at the other end": denied("getpeername", control, room(), filled("<I", 128)),
    "ask for the process at the other end": denied("getsockopt", control, SOCKET, PEER, room(), filled("<I", 128)),
    "have less room to send": denied("setsockopt", control, SOCKET, SEND_BUFFER, filled("<i", 1), 4),
    "have more room to receive": denied("setsockopt", control, SOCKET, RECEIVE_BUFFER, filled("<i", 1 << 24), 4),
    "have the other end tell who it is": denied("setsockopt", control, SOCKET, PASS_CREDENTIALS, filled("<i", 1), 4),
    "shut the socket down": denied("shutdown", control, 2),
    "write to core past its channel": Attack(lambda world: call("write", world.control, b"x", 1), "EPIPE"),
    "send": denied("sendto", control, b"x", 1, 0, None, 0),
    "send a message": Attack(_send_message),
    "send several messages": Attack(_send_messages),
    "send a descriptor": Attack(_send_descriptor),
    "receive several messages": denied("recvmmsg", control, room(), 1, 0x40, None),
}
