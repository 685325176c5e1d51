"""Capabilities and channels as core knows them: who serves what, who may reach whom.

The switchboard decides nothing by name. It mints identities for entrypoints, and on proof of a seal (`seal.py`) it
connects a holder to an entrypoint, and on proof of a voucher it seals a handle for whom it was made. It keeps no
list of who holds what, so no amount of delegation costs core anything. What it keeps is bounded: identities by the
capability quota of their domains, channels by the number of pairs that talk.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from socket import socket

from bastide.kernel.interface import IpcError, OutOfMachine
from bastide.kernel.linux import control
from bastide.kernel.linux.control import Kind, News
from bastide.kernel.linux.memory import channel_memory
from bastide.kernel.linux.page import CHANNEL_BYTES
from bastide.kernel.linux.seal import KEY_BYTES, numbers, seal, vouched, voucher

MAX_UNDELIVERED = 2048
"""News that wait for a domain to take them, before it gets no further channels: news hold descriptors. A parent that
is busy starting a crowd may be behind by as many as it has children.
"""

MAX_UNTAKEN = 32
"""The same for news that one peer causes, or that the domain itself asked for: those are few, or an attack."""

MAX_CHANNELS = 4096
"""Of one domain, in each direction. Each costs a page of memory and up to two descriptors on either side."""


@dataclass(eq=False)
class Side:
    """A domain as the switchboard sees it. `deliver` takes in news, and False means that it does not just now."""

    number: int
    deliver: Callable[[News], bool]
    key: bytes = field(default_factory=lambda: os.urandom(KEY_BYTES))
    entrypoints: dict[int, Entrypoint] = field(default_factory=dict)
    channels: dict[int, Link] = field(default_factory=dict)     # both directions
    undelivered: deque[News] = field(default_factory=deque)


@dataclass(eq=False)
class Entrypoint:
    number: int
    owner: Side
    bell: int                                           # core's own end to ring with
    identities: set[int] = field(default_factory=set)


@dataclass(eq=False)
class Link:
    """A channel, from a holder to an entrypoint."""

    number: int
    holder: Side
    entrypoint: Entrypoint
    calls: bool


class Switchboard:
    def __init__(self) -> None:
        self._numbers = count(1)                        # of domains, entrypoints, identities, channels: never reused
        self._entrypoints: dict[int, Entrypoint] = {}
        self._links: dict[tuple[int, int, bool], Link] = {}
        self.stuck: Callable[[Side], None] = lambda side: None
        """Called when a side does not take its news; whoever learns that it does again calls `deliver`."""

    def side(self, deliver: Callable[[News], bool]) -> Side:
        return Side(next(self._numbers), deliver)

    def entrypoint(self, owner: Side) -> Entrypoint:
        """A new entrypoint; its owner is told its doorbell. Raises OutOfMachine."""
        try:
            hear, ring = os.pipe()
        except OSError as error:
            raise OutOfMachine(f"no descriptors left for an entrypoint: {error.strerror}") from None
        os.set_blocking(ring, False)
        made = Entrypoint(next(self._numbers), owner, ring)
        owner.entrypoints[made.number] = self._entrypoints[made.number] = made
        made.identities.add(made.number)
        try:
            own_ring = _reopen(ring)
        except OSError as error:
            self.forget(owner, made.number)
            os.close(hear)
            raise OutOfMachine(f"no descriptors left for an entrypoint: {error.strerror}") from None
        self.tell(owner, News(Kind.ENTRYPOINT, made.number, descriptors=(hear, own_ring)))
        return made

    def mint(self, entrypoint: Entrypoint) -> int:
        """A new identity, served at `entrypoint`."""
        number = next(self._numbers)
        entrypoint.identities.add(number)
        return number

    def forget(self, owner: Side, identity: int, entrypoint: int | None = None) -> None:
        """Nobody can connect to an identity of `owner` any more. If it is an entrypoint, it is gone altogether."""
        if (gone := owner.entrypoints.pop(identity, None)) is not None:
            del self._entrypoints[identity]
            for link in [link for link in owner.channels.values() if link.entrypoint is gone]:
                self._unlink(link, tell=(link.holder, owner))
            os.close(gone.bell)
        elif entrypoint in owner.entrypoints:
            owner.entrypoints[entrypoint].identities.discard(identity)

    def authentic(self, handle: bytes, holder: Side) -> Entrypoint:
        """Where the identity of `handle` is served, if `holder` may use it. Raises IpcError."""
        number, identity = numbers(handle)
        entrypoint = self._living(number, identity)
        if handle != seal(entrypoint.owner.key, number, identity, holder.number):
            raise IpcError("no such object: the capability is not yours")
        return entrypoint

    def redeem(self, received: bytes, sender: int, receiver: Side) -> bytes:
        """The handle for a voucher that the domain `sender` made for `receiver`. Raises IpcError."""
        number, identity = vouched(received) or (0, 0)
        entrypoint = self._living(number, identity)
        if received != voucher(seal(entrypoint.owner.key, number, identity, sender), receiver.number):
            raise IpcError("no such object: who passed the capability on did not hold it, or not for you")
        return seal(entrypoint.owner.key, number, identity, receiver.number)

    def sealed(self, handle: bytes, holder: Side, receiver: Side) -> bytes:
        """The handle of `holder`, for `receiver`. Raises IpcError."""
        entrypoint = self.authentic(handle, holder)
        return seal(entrypoint.owner.key, entrypoint.number, numbers(handle)[1], receiver.number)

    def handle(self, entrypoint: Entrypoint, identity: int, holder: Side) -> bytes:
        """A handle for `holder`, whom core decided to give it to."""
        return seal(entrypoint.owner.key, entrypoint.number, identity, holder.number)

    def _living(self, entrypoint: int, identity: int) -> Entrypoint:
        found = self._entrypoints.get(entrypoint)
        if found is None or identity not in found.identities:
            raise IpcError("no such object: it is gone, or it never was")
        return found

    def connect(self, handle: bytes, holder: Side, calls: bool) -> Link:
        """A channel from `holder` to the entrypoint of `handle`; both ends are told. Raises IpcError."""
        entrypoint = self.authentic(handle, holder)
        key = (holder.number, entrypoint.number, calls)
        link = self._links.get(key)
        if link is None:
            owner = entrypoint.owner
            if len(holder.channels) >= MAX_CHANNELS or len(owner.channels) >= MAX_CHANNELS:
                raise IpcError(f"too many channels: {MAX_CHANNELS} for one component is the limit")
            if len(holder.undelivered) >= MAX_UNDELIVERED or len(owner.undelivered) >= MAX_UNDELIVERED:
                raise IpcError("no channel to the server: one of the two does not take what core sends")
            if self.untaken(owner, Kind.INCOMING, holder.number) >= MAX_UNTAKEN:
                raise IpcError("no channel to the server: it does not take those that this component opened before")
            link = self._links[key] = Link(next(self._numbers), holder, entrypoint, calls)
            holder.channels[link.number] = owner.channels[link.number] = link
            try:
                self._introduce(link)
            except (OSError, OutOfMachine) as error:
                self._unlink(link, tell=(holder, owner))
                raise IpcError(f"no channel to the server: {error}") from None
        return link

    def leave(self, side: Side) -> None:
        """A domain is gone: so is everything it served, and every channel from or to it."""
        for link in list(side.channels.values()):
            self._unlink(link, tell=(link.entrypoint.owner if link.holder is side else link.holder,))
        for entrypoint in side.entrypoints.values():
            del self._entrypoints[entrypoint.number]
            os.close(entrypoint.bell)
        side.entrypoints.clear()
        side.deliver = lambda news: True
        self.deliver(side)

    def deliver(self, side: Side) -> None:
        """Try again to tell what the side did not take."""
        while side.undelivered:
            if not side.deliver(side.undelivered[0]):
                self.stuck(side)
                break
            _close(side.undelivered.popleft())
        for entrypoint in side.entrypoints.values():
            self._ring(entrypoint)

    def untaken(self, side: Side, kind: Kind, peer: int = 0) -> int:
        """How many news of one kind, and about one peer, core keeps for a side that does not take them."""
        return sum(news.kind is kind and news.third == peer for news in side.undelivered)

    def _introduce(self, link: Link) -> None:
        """Make the channel's memory and pipes, and tell the owner before the holder."""
        holder, entrypoint = link.holder, link.entrypoint
        made: list[int] = []
        try:
            memory = channel_memory(CHANNEL_BYTES)
            made.append(memory)
            doorbell = _reopen(entrypoint.bell)
            made.append(doorbell)
            told, reply = ((), ()) if not link.calls else _pipe()
            made += [*told, *reply]
            for_owner, for_holder = (os.dup(memory), *reply), (memory, *told, doorbell)
        except BaseException:
            for descriptor in made:
                os.close(descriptor)
            raise
        self.tell(entrypoint.owner, News(Kind.INCOMING, link.number, entrypoint.number, holder.number, for_owner))
        kind = Kind.OUTGOING if link.calls else Kind.SIGNALS
        self.tell(holder, News(kind, link.number, entrypoint.number, entrypoint.owner.number, for_holder), ring=False)
        self._ring(entrypoint)

    def _unlink(self, link: Link, tell: tuple[Side, ...]) -> None:
        holder, entrypoint = link.holder, link.entrypoint
        del self._links[holder.number, entrypoint.number, link.calls]
        for side in (holder, entrypoint.owner):
            side.channels.pop(link.number, None)
        for side in tell:
            kind = Kind.OWNER_GONE if side is holder else Kind.HOLDER_GONE
            self.tell(side, News(kind, link.number, entrypoint.number))

    def tell(self, side: Side, news: News, ring: bool = True) -> None:
        if side.undelivered or not side.deliver(news):
            side.undelivered.append(news)
            self.stuck(side)
            return
        _close(news)
        if ring and side.entrypoints:
            self._ring(next(iter(side.entrypoints.values())))

    def _ring(self, entrypoint: Entrypoint) -> None:
        with suppress(BlockingIOError, BrokenPipeError):    # full: it is awake; broken: it is gone
            os.write(entrypoint.bell, b"\0")


def to_socket(end: socket) -> Callable[[News], bool]:
    """How news get to a component in a process of its own."""
    return lambda news: control.send(end, news)


def _pipe() -> tuple[tuple[int], tuple[int]]:
    """The holder's end to read, and the owner's to write without ever blocking."""
    told, reply = os.pipe()
    os.set_blocking(reply, False)
    return (told,), (reply,)


def _reopen(pipe: int) -> int:
    """Another end to write, that shares no state with the given one."""
    return os.open(f"/proc/self/fd/{pipe}", os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)


def _close(news: News) -> None:
    for descriptor in news.descriptors:
        os.close(descriptor)
