"""Attackers that disturb others through what they share: an open file, a pipe, a page."""

from __future__ import annotations

import ctypes

from attacks.attack import Attack, World, denied
from attacks.raw import address, call, filled, pages, room

DUPLICATE, SET_FLAGS, GET_LOCK, SET_LOCK, OPEN_LOCK, LEASE, NOTIFY = 0, 4, 5, 6, 37, 1024, 1026
PIPE_SIZE, GET_PIPE_SIZE, SET_HINT = 1031, 1032, 1036
ASYNCHRONOUS, NONBLOCKING = 0o20000, 0o4000
COUNT, NONBLOCK = 0x541B, 0x5421    # FIONREAD, FIONBIO
WAIT, WAKE, LOCK_PRIORITY, REQUEUE_PRIORITY = 0, 1, 6, 12


def bell(world: World) -> int:
    return world.bell


def _steal(world: World) -> None:
    """Rings are for the owner of the bell to read."""
    call("read", world.bell, room(), 1)


def _answer_itself(world: World) -> None:
    call("write", world.reply, b"!", 1)


def _splice(world: World) -> None:
    call("splice", world.memory, room(8), world.bell, None, 1, 2)


def _lend_pages(world: World) -> None:
    text = room(1)
    call("vmsplice", world.bell, filled("@PN", address(text), 1), 1, 2)


ATTACKS = {
    "make a shared pipe block": denied("fcntl", bell, SET_FLAGS, 0),
    "make its end of a shared pipe tell": denied("fcntl", bell, SET_FLAGS, NONBLOCKING | ASYNCHRONOUS),
    "make a shared pipe block by ioctl": denied("ioctl", bell, NONBLOCK, filled("<i", 0)),
    "make a shared pipe smaller": denied("fcntl", bell, PIPE_SIZE, 4096),
    "make a shared pipe larger": denied("fcntl", bell, PIPE_SIZE, 1 << 18),
    "ask how large a shared pipe is": denied("fcntl", bell, GET_PIPE_SIZE),
    "ask how many rings wait": denied("ioctl", bell, COUNT, room(8)),
    "read the rings of others": Attack(_steal, "EBADF"),
    "write into the pipe of its replies": Attack(_answer_itself, "EBADF"),
    "put memory into a shared pipe": Attack(_splice),
    "lend pages to a shared pipe": Attack(_lend_pages),
    "copy a pipe into a pipe": Attack(lambda world: call("tee", world.reply, world.bell, 1, 2)),
    "send a file through a pipe": Attack(lambda world: call("sendfile", world.bell, world.memory, None, 1)),
    "write to a pipe with flags": Attack(lambda world: _written("pwritev2", world.bell, -1)),
    "lock what others share": denied("flock", lambda world: world.memory, 6),
    "lock a range of what others share": denied(
        "fcntl", lambda world: world.memory, SET_LOCK, filled("<hhqqi4x", 1, 0, 0, 0, 0)),
    "lock an open file": denied("fcntl", lambda world: world.memory, OPEN_LOCK, filled("<hhqqi4x", 1, 0, 0, 0, 0)),
    "ask who locks": denied("fcntl", lambda world: world.memory, GET_LOCK, filled("<hhqqi4x", 1, 0, 0, 0, 0)),
    "lease what others share": denied("fcntl", lambda world: world.memory, LEASE, 2, outside="EAGAIN"),
    "copy a descriptor that programs it runs inherit": denied("fcntl", bell, DUPLICATE, 0),
    "change the rights of memory": denied("fchmod", lambda world: world.memory, 0),
    "give memory away": denied("fchown", lambda world: world.memory, -1, -1),
    "tell for how long memory lives": denied("fcntl", lambda world: world.memory, SET_HINT, filled("<Q", 1)),
    "lend its priority through shared memory": Attack(
        lambda world: call("futex", pages(flags=1, descriptor=world.memory), LOCK_PRIORITY, 0, None, None, 0)),
    "wait for several words": denied("futex_waitv", room(), 0, 0, None, 0, outside="EINVAL"),
}


def _written(name: str, descriptor: int, offset: int) -> None:
    text = ctypes.create_string_buffer(b"x")
    call(name, descriptor, filled("@PN", address(text), 1), 1, offset, -1, 0)
