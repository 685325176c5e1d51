"""What core sends to a component beside its channels: descriptors, and news about channels.

One way only: core's end is shut for what comes from the component, so that nothing piles up there. Nor has a component
the means to send a descriptor to anybody, so none is ever in flight but those that core sent.
"""

from __future__ import annotations

import array
import errno
import os
import socket
from _socket import socket as PlainSocket
from collections.abc import Iterable
from enum import IntEnum
from struct import Struct
from struct import error as StructError
from typing import NamedTuple

MAX_DESCRIPTORS = 3

BUFFER = 3 << 10
"""Bytes of news under way: some ten. Descriptors of who takes no news would else fill the limits of core's user."""

_NEWS = Struct("<BQQQ")

# plain ints: those of `socket` are enums, whose operators are Python
_RIGHTS = int(socket.SOL_SOCKET), int(socket.SCM_RIGHTS)
_TO_SEND = int(socket.MSG_DONTWAIT) | int(socket.MSG_NOSIGNAL)
_TO_RECEIVE = int(socket.MSG_DONTWAIT) | int(socket.MSG_CMSG_CLOEXEC)
_TORN = int(socket.MSG_CTRUNC)
_UNIX, _SEQPACKET = int(socket.AF_UNIX), int(socket.SOCK_SEQPACKET)
_ROOM = socket.CMSG_SPACE(MAX_DESCRIPTORS * 4)


class Kind(IntEnum):
    """With the meaning of the numbers, and the descriptors that come along."""

    ENTRYPOINT = 0      # entrypoint | its doorbell's ends, to hear and to ring
    OUTGOING = 1        # channel, entrypoint, owner | memory, reply, doorbell
    SIGNALS = 2         # channel, entrypoint, owner | memory, doorbell
    INCOMING = 3        # channel, entrypoint, holder | memory, and the reply's end unless it only carries signals
    HOLDER_GONE = 4     # channel, entrypoint
    OWNER_GONE = 5      # channel, entrypoint
    MEMORY = 6          # serial | memory
    FREED = 7           # identity, entrypoint


_KINDS = {int(kind): kind for kind in Kind}


class News(NamedTuple):
    kind: Kind
    first: int
    second: int = 0
    third: int = 0
    descriptors: tuple[int, ...] = ()
    torn: bool = False                  # descriptors were lost, for the receiver has no room for them


def pair() -> tuple[socket.socket, socket.socket]:
    """Core's end, and the component's."""
    near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER)
    near.shutdown(socket.SHUT_RD)
    return near, far


def end(descriptor: int) -> PlainSocket:
    """The component's end, of the descriptor that core gave it. No more of `socket` than that writes to many pages."""
    return PlainSocket(_UNIX, _SEQPACKET, 0, descriptor)


def send(end: socket.socket, news: News) -> bool:
    """False if the component does not take its news. The descriptors stay the sender's to close."""
    message = _NEWS.pack(news.kind, news.first, news.second, news.third)
    rights = array.array("i", news.descriptors)
    ancillary = [(*_RIGHTS, rights)] if news.descriptors else []
    try:
        end.sendmsg([message], ancillary, _TO_SEND)
        return True
    except BlockingIOError:
        return False
    except OSError as error:
        return error.errno != errno.ETOOMANYREFS    # else the component is gone, and its news with it


def receive(end: PlainSocket) -> News | None:
    """The next news, or None if there is none now."""
    try:
        message, ancillary, flags, _ = end.recvmsg(_NEWS.size, _ROOM, _TO_RECEIVE)
    except BlockingIOError:
        return None
    except OSError:
        return None
    rights = array.array("i")
    for level, kind, content in ancillary:
        if (level, kind) == _RIGHTS:
            rights.frombytes(content[:len(content) // 4 * 4])
    try:
        number, first, second, third = _NEWS.unpack(message)
        kind = _KINDS[number]           # quicker than to ask `Kind`
    except (StructError, KeyError):     # the other end is closed, or speaks another language
        _close(rights)
        return None
    if flags & _TORN:
        _close(rights)
        return News(kind, first, second, third, torn=True)
    return News(kind, first, second, third, tuple(rights))


def _close(descriptors: Iterable[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
