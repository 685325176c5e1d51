"""A component's half of the port: how it comes to life after the sandbox has closed, and how it asks core."""

from __future__ import annotations

import importlib
import mmap
import os
import select
import sys
from collections.abc import Callable
from struct import Struct
from threading import RLock, get_ident
from typing import NamedTuple, TypeVar

from bastide.kernel.interface import Entry, Handle, IpcError, Start
from bastide.kernel.linux import control, image, native, newborn
from bastide.kernel.linux.channel import Channel, SignalChannel
from bastide.kernel.linux.control import Kind, News
from bastide.kernel.linux.gate import LinuxGate
from bastide.kernel.linux.memory import Mapping
from bastide.kernel.linux.native import Ask
from bastide.kernel.linux.page import CHANNEL_BYTES
from bastide.kernel.linux.seal import INVALID, numbers, seal, voucher
from bastide.kernel.linux.transport import Transport
from bastide.kernel.linux.voucher import proper
from bastide.kernel.linux.window import Part

T = TypeVar("T")

_BIRTH = Struct("<QQQ32s32s32sQH")


class Birth(NamedTuple):
    """What core tells a process at its start. The descriptors are the control socket and the binary."""

    domain: int
    entrypoint: int
    heartbeat: int
    key: bytes
    native: bytes
    parent: bytes
    binary_size: int
    name: str = ""
    entry: str = ""

    def pack(self) -> bytes:
        name = self.name.encode()
        return _BIRTH.pack(self.domain, self.entrypoint, self.heartbeat, self.key, self.native,
                           self.parent, self.binary_size, len(name)) + name + self.entry.encode()

    @classmethod
    def unpack(cls, payload: bytes) -> Birth:
        *fields, length = _BIRTH.unpack_from(payload)
        text = payload[_BIRTH.size:]
        fields += (text[:length].decode(), text[length:].decode())
        return cls(*fields)


def main(descriptors: list[int], payload: bytes) -> int:
    """The entry of every process that the zygote makes for a component."""
    transport, start, entry = born(descriptors, payload)
    gate = transport.gates[numbers(proper(start.entrypoint))[0]]
    gate.settled = newborn.constructed
    gate.when_idle(image.restore)
    return entry(start)


def born(descriptors: list[int], payload: bytes) -> tuple[Transport, Start, Entry]:
    """What a program is given by the port, and by whom it is to be run."""
    birth = Birth.unpack(payload)
    end, binary = descriptors
    transport = Transport(birth.domain, birth.key)
    transport.authority = authority = FarAuthority(transport, end, birth.native)
    authority.news()
    content = mmap.mmap(binary, birth.binary_size, mmap.MAP_SHARED, mmap.PROT_READ) if birth.binary_size else b""
    os.close(binary)
    own, heartbeat = (Handle(seal(birth.key, birth.entrypoint, identity, birth.domain))
                      for identity in (birth.entrypoint, birth.heartbeat))
    transport.gates[birth.entrypoint].thread = get_ident()      # before it runs, too
    module, _, function = birth.entry.partition(":")
    # most likely preloaded, and then importlib need not be woken up
    entry: Entry = getattr(sys.modules.get(module) or importlib.import_module(module), function)
    return transport, Start(transport, birth.name, own, heartbeat, Handle(birth.parent), memoryview(content)), entry


class FarAuthority:
    """Core, asked over the channel to it."""

    def __init__(self, transport: Transport, end: int, native_object: bytes) -> None:
        self._transport, self._native = transport, native_object
        self._end = control.end(end)
        self._lock = RLock()
        self._memory: dict[int, int] = {}               # descriptors by serial, -1 of those that got lost
        self._lost: set[int] = set()                    # channels that were gone before they were used
        self._gateless: set[int] = set()                # entrypoints whose descriptors got lost

    def connect(self, handle: bytes, calls: bool) -> None:
        self._lost.clear()
        number, = native.NUMBER.unpack(self._ask(Ask.CONNECT, int(calls), handle))
        transport, entrypoint = self._transport, handle[:8]

        def arrived() -> bool | None:
            if number in self._lost:
                raise IpcError("no channel to the server: it is gone, or this component has no descriptors left")
            channels = [transport.channels.get(entrypoint)] if calls else transport.signal_channels.get(entrypoint, ())
            return any(channel is not None and channel.number == number for channel in channels) or None

        self._when(arrived)

    def passed_on(self, handle: bytes, receiver: int) -> bytes:
        return voucher(handle, receiver)

    def redeem(self, voucher: bytes, sender: int) -> bytes:
        return self._ask(Ask.REDEEM, sender, voucher)

    def memory(self, dataspace: bytes, writeable: bool, since: int) -> Part:
        serial, total, at, offset, size = native.PART.unpack(self._ask(Ask.MEMORY, since | writeable, dataspace))
        if not serial:
            return Part(total)
        return Part(total, at, offset, size, self._descriptor(serial))

    def page(self) -> int:
        serial, = native.NUMBER.unpack(self._ask(Ask.PAGE, 0, INVALID))
        return self._descriptor(serial)

    def news(self) -> None:
        with self._lock:
            while (news := control.receive(self._end)) is not None:
                self._take_in(news)

    def await_gate(self, number: int) -> None:
        def arrived() -> bool | None:
            if number in self._gateless:
                raise IpcError("no gate of the entrypoint: this component has no descriptors left")
            return number in self._transport.gates or None

        self._when(arrived)

    def _descriptor(self, serial: int) -> int:
        """Of memory that core was asked for."""
        descriptor = self._when(lambda: self._memory.pop(serial, None))
        if descriptor < 0:
            raise IpcError("the memory can't be mapped: this component has no descriptors left")
        return descriptor

    def _when(self, arrived: Callable[[], T | None]) -> T:
        """What core has sent, or will have as soon as this component has taken what was sent before."""
        with self._lock:
            while True:
                self.news()
                if (found := arrived()) is not None:
                    return found
                readable = select.poll()
                readable.register(self._end, select.POLLIN)
                readable.poll()

    def _ask(self, ask: Ask, number: int, handle: bytes) -> bytes:
        channel = self._transport.channels[self._native[:8]]
        reply, _ = channel.call(self._native, native.REQUEST.pack(ask, number, handle))
        if reply[:1] != native.GRANTED:
            raise IpcError(reply[1:].decode(errors="replace"))
        return reply[1:]

    def _take_in(self, news: News) -> None:
        if news.kind is Kind.OWNER_GONE or (news.torn and news.kind in (Kind.OUTGOING, Kind.SIGNALS)):
            self._lost.add(news.first)
        if not news.torn:
            take_in(self._transport, news, self._memory.__setitem__)
        elif news.kind is Kind.MEMORY:
            self._memory[news.first] = -1
        elif news.kind is Kind.ENTRYPOINT:
            self._gateless.add(news.first)


def take_in(transport: Transport, news: News, memory: Callable[[int, int], None]) -> None:
    """Act on news from the switchboard, in a component as in core."""
    kind, number, entrypoint, peer = news.kind, news.first, news.second, news.third
    descriptors = news.descriptors
    match kind:
        case Kind.ENTRYPOINT:
            transport.gates[number] = LinuxGate(transport, number, *descriptors)
        case Kind.INCOMING:
            reply = descriptors[1] if len(descriptors) > 1 else None
            transport.gates[entrypoint].add(number, peer, _mapping(descriptors[0]), reply)
        case Kind.OUTGOING:
            transport.channels[entrypoint.to_bytes(8, "little")] = Channel(
                number, entrypoint, peer, _mapping(descriptors[0]), *descriptors[1:])
        case Kind.SIGNALS:
            transport.signal_channels.setdefault(entrypoint.to_bytes(8, "little"), []).append(
                SignalChannel(number, entrypoint, peer, _mapping(descriptors[0]), descriptors[1]))
        case Kind.HOLDER_GONE:
            if (gate := transport.gates.get(entrypoint)) is not None:
                gate.remove(number)
        case Kind.OWNER_GONE:
            _give_up(transport, entrypoint.to_bytes(8, "little"), number)
        case Kind.FREED:
            if (gate := transport.gates.get(entrypoint)) is not None:
                gate.withdraw(number)
        case Kind.MEMORY:
            memory(number, descriptors[0])


def _give_up(transport: Transport, entrypoint: bytes, number: int) -> None:
    """Close a channel whose owner is gone."""
    if (channel := transport.channels.get(entrypoint)) is not None and channel.number == number:
        del transport.channels[entrypoint]
        channel.close()
    signals = transport.signal_channels.get(entrypoint, [])
    for gone in [one for one in signals if one.number == number]:
        signals.remove(gone)
        gone.close()
    if not signals:
        transport.signal_channels.pop(entrypoint, None)


def _mapping(descriptor: int) -> Mapping:
    try:
        return Mapping(descriptor, CHANNEL_BYTES)
    finally:
        os.close(descriptor)
