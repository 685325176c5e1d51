"""Capabilities and channels as core knows them: who serves what, who may reach whom, and who pays for the way.

The switchboard decides nothing by name. It mints identities for entrypoints, and on proof of a seal (`seal.py`) it
connects a holder to an entrypoint, and on proof of a voucher it seals a handle for whom it was made. It keeps no
list of who holds what, so no amount of delegation costs core anything. What it keeps is paid for: identities by the
capability quota of their domains, channels by the upkeep of who wants them. That is the caller, and for signals it is
the one who listens: a server must not pay for being called, nor for telling its clients.

News for a domain that does not take them wait here, with their descriptors, in core. They cost who caused them a
capability for each descriptor, at least one, as long as they wait.
"""

from __future__ import annotations

import fcntl
import os
from collections import Counter, deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from socket import socket

from bastide.kernel.interface import IpcError, OutOfMachine, Upkeep, unpaid
from bastide.kernel.linux import control
from bastide.kernel.linux.control import Kind, News
from bastide.kernel.linux.memory import PAGE, lasting_memory
from bastide.kernel.linux.page import CHANNEL_BYTES, MAX_SLOTS
from bastide.kernel.linux.seal import KEY_BYTES, numbers, seal, vouched, voucher

PIPE_BYTES = 4096
"""Most that a doorbell or a reply pipe holds: a page, which the kernel takes when somebody writes."""

MAX_CHANNELS = 4096
"""Of one domain, in each direction. Each costs up to two descriptors on either side."""


@dataclass(eq=False)
class Waiting:
    """News that its receiver does not take just now. Who caused it pays for it."""

    news: News
    payer: Side

    @property
    def price(self) -> int:
        return max(1, len(self.news.descriptors))

MAX_CHANNELS_TO_ONE = 256
"""From one domain to another, which may have that many entrypoints. By more of them, one domain could use up what a
parent or core, who signals to wherever it is told, has for all.
"""


@dataclass(eq=False)
class Side:
    """A domain as the switchboard sees it. `deliver` takes in news, and False means that it does not just now."""

    number: int
    deliver: Callable[[News], bool]
    upkeep: Upkeep = unpaid
    key: bytes = field(default_factory=lambda: os.urandom(KEY_BYTES))
    entrypoints: dict[int, Entrypoint] = field(default_factory=dict)
    channels: dict[int, Link] = field(default_factory=dict)     # both directions
    undelivered: deque[Waiting] = field(default_factory=deque)
    pages: int = 0                                      # of its own, see `hand_out_page`


@dataclass(eq=False)
class Entrypoint:
    number: int
    owner: Side
    bell: int                                           # core's own end to ring with
    identities: set[int] = field(default_factory=set)
    contexts: set[int] = field(default_factory=set)     # those of them that take signals


@dataclass(eq=False)
class Link:
    """A channel, from a holder to an entrypoint."""

    number: int
    holder: Side
    entrypoint: Entrypoint
    calls: bool

    @property
    def payer(self) -> Side:
        return self.holder if self.calls else self.entrypoint.owner

    @property
    def price(self) -> int:
        return CHANNEL_BYTES + PIPE_BYTES * self.calls


class Switchboard:
    def __init__(self) -> None:
        self._numbers = count(1)                        # of domains, entrypoints, identities, channels: never reused
        self._entrypoints: dict[int, Entrypoint] = {}
        self._links: dict[tuple[int, int, bool], list[Link]] = {}
        self._between: Counter[tuple[int, int]] = Counter()     # channels by holder and owner
        self.stuck: Callable[[Side], None] = lambda side: None
        """Called when a side does not take its news; whoever learns that it does again calls `deliver`."""

    def side(self, deliver: Callable[[News], bool], upkeep: Upkeep = unpaid) -> Side:
        return Side(next(self._numbers), deliver, upkeep)

    def entrypoint(self, owner: Side) -> Entrypoint:
        """A new entrypoint; its owner is told its doorbell. Raises OutOfMachine."""
        try:
            hear, ring = _pipe()
        except OSError as error:
            raise OutOfMachine(f"no descriptors left for an entrypoint: {error.strerror}") from None
        made = Entrypoint(next(self._numbers), owner, ring)
        owner.entrypoints[made.number] = self._entrypoints[made.number] = made
        made.identities.add(made.number)
        ends = [hear]
        try:
            ends.append(_reopen(ring))
            self._tell(owner, News(Kind.ENTRYPOINT, made.number, descriptors=tuple(ends)), owner)
        except (OSError, OutOfMachine) as error:
            _close(ends)
            self.forget(owner, made.number)
            raise OutOfMachine(f"no descriptors left for an entrypoint: {error}") from None
        return made

    def mint(self, entrypoint: Entrypoint, context: bool = False) -> int:
        """A new identity, served at `entrypoint`, or heard there if it is a context of signals."""
        number = next(self._numbers)
        entrypoint.identities.add(number)
        if context:
            entrypoint.contexts.add(number)
        return number

    def forget(self, owner: Side, identity: int, entrypoint: int | None = None, tell: bool = False) -> None:
        """Nobody can reach an identity of `owner` any more. If it is an entrypoint, it is gone altogether.

        `tell` the owner, if it did not ask for that itself: who has called it before could go on.
        """
        if (gone := owner.entrypoints.pop(identity, None)) is not None:
            del self._entrypoints[identity]
            for link in [link for link in owner.channels.values() if link.entrypoint is gone]:
                self._unlink(link, (link.holder, owner))
            os.close(gone.bell)
        elif entrypoint in owner.entrypoints:
            served = owner.entrypoints[entrypoint]
            if identity in served.identities:
                served.identities.discard(identity)
                served.contexts.discard(identity)
                if tell:
                    with suppress(OutOfMachine):    # it does not even take its news, and serves nobody
                        self._tell(owner, News(Kind.FREED, identity, served.number), owner)

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
        """A channel from `holder` to the entrypoint of `handle`; both ends are told. Raises IpcError.

        There is one channel for calls. For signals there is a further one each time, as many as the owner's contexts
        may need.
        """
        entrypoint = self.authentic(handle, holder)
        owner, known = entrypoint.owner, self._links.get((holder.number, entrypoint.number, calls), [])
        if calls and known:
            return known[0]
        if not calls and numbers(handle)[1] not in entrypoint.contexts:
            raise IpcError("no channel for signals: this is an object, and no context")
        if not calls and len(known) * MAX_SLOTS > 2 * len(entrypoint.contexts):
            raise IpcError("no further channel for signals: those that exist have room for twice as many contexts")
        if len(holder.channels) >= MAX_CHANNELS or len(owner.channels) >= MAX_CHANNELS:
            raise IpcError(f"too many channels: {MAX_CHANNELS} for one component is the limit")
        if self._between[holder.number, owner.number] >= MAX_CHANNELS_TO_ONE:
            raise IpcError(f"too many channels: {MAX_CHANNELS_TO_ONE} from one component to another is the limit")
        link = Link(next(self._numbers), holder, entrypoint, calls)
        if not link.payer.upkeep(link.price, 0):
            who = "this component" if calls else "who listens"
            raise IpcError(f"no channel to the server: it costs {link.price} bytes of RAM, which {who} does not have")
        self._links.setdefault((holder.number, entrypoint.number, calls), []).append(link)
        holder.channels[link.number] = owner.channels[link.number] = link
        self._between[holder.number, owner.number] += 1
        try:
            self._introduce(link)
        except (OSError, OutOfMachine) as error:
            self._unlink(link, (owner,))
            raise IpcError(f"no channel to the server: {error}") from None
        return link

    def leave(self, side: Side) -> None:
        """A domain is gone: so is everything it served, and every channel from or to it."""
        side.deliver = lambda news: True
        self.deliver(side)
        for link in list(side.channels.values()):
            self._unlink(link, (link.entrypoint.owner if link.holder is side else link.holder,))
        for entrypoint in side.entrypoints.values():
            del self._entrypoints[entrypoint.number]
            os.close(entrypoint.bell)
        side.entrypoints.clear()
        side.upkeep(-PAGE * side.pages, 0)
        side.pages = 0

    def deliver(self, side: Side) -> None:
        """Try again to tell what the side did not take."""
        while side.undelivered:
            if not side.deliver(side.undelivered[0].news):
                self.stuck(side)
                break
            _drop(side.undelivered.popleft())
        for entrypoint in side.entrypoints.values():
            self._ring(entrypoint)

    def hand_out(self, side: Side, serial: int, descriptor: int) -> None:
        """Send memory that the side asked for. The descriptor is taken over. Raises OutOfMachine."""
        try:
            self._tell(side, News(Kind.MEMORY, serial, descriptors=(descriptor,)), side, ring=False)
        except OutOfMachine:
            os.close(descriptor)
            raise

    def hand_out_page(self, side: Side, serial: int) -> None:
        """Send a page that is the side's alone, and that it pays for as long as it lives. Raises OutOfMachine.

        It pays for each that it asks for, since core can't tell whether it still has the others.
        """
        if not side.upkeep(PAGE, 0):
            raise OutOfMachine(f"no page through which to write to others' memory: it costs {PAGE} bytes of RAM, which "
                               "this component does not have")
        side.pages += 1
        try:
            self.hand_out(side, serial, lasting_memory(PAGE))
        except OutOfMachine:
            side.pages -= 1
            side.upkeep(-PAGE, 0)
            raise

    def _introduce(self, link: Link) -> None:
        """Make the channel's memory and pipes, and tell the owner before the holder."""
        holder, entrypoint = link.holder, link.entrypoint
        made: list[int] = []
        try:
            memory = lasting_memory(CHANNEL_BYTES)
            made.append(memory)
            doorbell = _reopen(entrypoint.bell)
            made.append(doorbell)
            told, reply = ((), ()) if not link.calls else _reply_pipe()
            made += [*told, *reply]
            for_owner = os.dup(memory), *reply
            made.append(for_owner[0])
            news = News(Kind.INCOMING, link.number, entrypoint.number, holder.number, for_owner)
            self._tell(entrypoint.owner, news, link.payer)
        except BaseException:
            _close(made)
            raise
        news = News(Kind.OUTGOING if link.calls else Kind.SIGNALS, link.number, entrypoint.number,
                    entrypoint.owner.number, (memory, *told, doorbell))
        try:
            self._tell(holder, news, holder, ring=False)
        except BaseException:
            _close(news.descriptors)
            raise
        self._ring(entrypoint)

    def _unlink(self, link: Link, tell: tuple[Side, ...]) -> None:
        holder, entrypoint = link.holder, link.entrypoint
        key = holder.number, entrypoint.number, link.calls
        self._links[key].remove(link)
        if not self._links[key]:
            del self._links[key]
        pair = holder.number, entrypoint.owner.number
        self._between[pair] -= 1
        if not self._between[pair]:
            del self._between[pair]
        for side in (holder, entrypoint.owner):
            side.channels.pop(link.number, None)
        link.payer.upkeep(-link.price, 0)
        for side in tell:
            unheard = _TO_HOLDER if side is holder else _TO_OWNER
            waiting = next((one for one in side.undelivered
                            if one.news.first == link.number and one.news.kind in unheard), None)
            if waiting is None:
                kind = Kind.OWNER_GONE if side is holder else Kind.HOLDER_GONE
                self._tell(side, News(kind, link.number, entrypoint.number))
            elif side is holder:        # it waits for the channel that it asked for
                self._shorten(waiting, News(Kind.OWNER_GONE, link.number, entrypoint.number))
            else:                       # it never heard of the channel
                side.undelivered.remove(waiting)
                _drop(waiting)

    def _shorten(self, waiting: Waiting, news: News) -> None:
        """Replace what waits by something that needs no descriptors."""
        _close(waiting.news.descriptors)
        price, waiting.news = waiting.price, news
        waiting.payer.upkeep(0, waiting.price - price)

    def _tell(self, side: Side, news: News, payer: Side | None = None, ring: bool = True) -> None:
        """The descriptors are taken over. Raises OutOfMachine if the news had to wait and nobody pays for that.

        News without a payer end something that was paid for, so there can't be many.
        """
        if side.undelivered or not side.deliver(news):
            waiting = Waiting(news, payer or _NOBODY)
            if not waiting.payer.upkeep(0, waiting.price):
                raise OutOfMachine("the component does not take what core sends, and who sends has no capabilities "
                                   "left to have it wait")
            side.undelivered.append(waiting)
            self.stuck(side)
            return
        _close(news.descriptors)
        if ring and side.entrypoints:
            self._ring(next(iter(side.entrypoints.values())))

    def _ring(self, entrypoint: Entrypoint) -> None:
        with suppress(BlockingIOError, BrokenPipeError):    # full: it is awake; broken: it is gone
            os.write(entrypoint.bell, b"\0")


_TO_OWNER, _TO_HOLDER = (Kind.INCOMING,), (Kind.OUTGOING, Kind.SIGNALS)
_NOBODY = Side(0, lambda news: True)


def to_socket(end: socket) -> Callable[[News], bool]:
    """How news get to a component in a process of its own."""
    return lambda news: control.send(end, news)


def _pipe() -> tuple[int, int]:
    """An end to read, and one to write that never blocks."""
    hear, ring = os.pipe()
    os.set_blocking(ring, False)
    fcntl.fcntl(ring, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    return hear, ring


def _reply_pipe() -> tuple[tuple[int], tuple[int]]:
    """The holder's end to read, and the owner's to write."""
    told, reply = _pipe()
    return (told,), (reply,)


def _reopen(pipe: int) -> int:
    """Another end to write, that shares no state with the given one."""
    return os.open(f"/proc/self/fd/{pipe}", os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)


def _drop(waiting: Waiting) -> None:
    _close(waiting.news.descriptors)
    waiting.payer.upkeep(0, -waiting.price)


def _close(descriptors: Iterable[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
