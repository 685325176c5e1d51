"""Calls, signals and memory of one component. Implements `Kernel`, in core and in every other component alike.

What differs between core and the others is who decides: to connect to an entrypoint, to seal a handle for somebody
else, to map a dataspace, a component asks core (`component.py`), and core asks its own switchboard (`machine.py`).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from itertools import chain
from typing import Protocol

from bastide.kernel.interface import MESSAGE_BYTES, MESSAGE_CAPS, Caps, Handle, IpcError
from bastide.kernel.linux import window
from bastide.kernel.linux.channel import Channel, SignalChannel
from bastide.kernel.linux.ferry import Ferry
from bastide.kernel.linux.gate import LinuxGate
from bastide.kernel.linux.seal import HANDLE_BYTES, INVALID, numbers, seal, vouched, voucher
from bastide.kernel.linux.voucher import Borrowed, proper
from bastide.kernel.linux.window import Part

THREAD_STACK = 256 * 1024
"""Of threads beyond the first. It counts as heap, and the default of 8 MiB would eat the allowance."""


class Authority(Protocol):
    """Who decides about capabilities: core's switchboard, near or far."""

    def connect(self, handle: bytes, calls: bool) -> None:
        """Add a channel to the entrypoint of `handle` to those that are known. Raises IpcError."""
        ...

    def passed_on(self, handle: bytes, receiver: int) -> bytes:
        """What to send to the domain `receiver` so that it holds the capability too. Raises IpcError."""
        ...

    def redeem(self, voucher: bytes, sender: int) -> bytes:
        """The handle for a voucher that the domain `sender` sent. Raises IpcError."""
        ...

    def memory(self, dataspace: bytes, writeable: bool, since: int) -> Part:
        """The first part of a dataspace that begins at an address, a whole page, or later. Raises IpcError."""
        ...

    def page(self) -> int:
        """A descriptor of a page that nobody else has, nor can take away. Raises IpcError, OutOfMachine."""
        ...

    def news(self) -> None:
        """Take in what core has sent."""
        ...

    def await_gate(self, number: int) -> None:
        """Take in what core has sent or is about to send, until the gate of this component's own is there.

        Raises IpcError.
        """
        ...


class Transport:
    def __init__(self, domain: int, key: bytes) -> None:
        self.domain, self.key = domain, key
        self.authority: Authority
        self.gates: dict[int, LinuxGate] = {}
        self.channels: dict[bytes, Channel] = {}            # by entrypoint, as its first 8 bytes in a handle
        self.signal_channels: dict[bytes, list[SignalChannel]] = {}
        self.dissolved: Callable[[int], None] = lambda identity: None
        """Told of each identity that is dissolved at a gate."""
        self._views: dict[int, memoryview] = {}
        self._taken: set[int] = set()
        self._connecting = threading.Lock()
        self._ferry = Ferry(lambda: self.authority.page())

    # Kernel

    def gate(self, entrypoint: Handle) -> LinuxGate:
        handle = proper(entrypoint)
        number, _ = numbers(handle)
        if number not in self.gates and handle == seal(self.key, number, number, self.domain):
            self.authority.await_gate(number)
        if number not in self.gates:
            raise IpcError("this component has no such entrypoint")
        if number in self._taken:
            raise IpcError("the gate of this entrypoint was taken before, and each can be taken once")
        self._taken.add(number)
        return self.gates[number]

    def call(self, target: Handle, request: bytes, caps: Caps = ()) -> tuple[bytes, Caps]:
        if len(request) > MESSAGE_BYTES:
            raise IpcError(f"a request of {len(request)} bytes is too large: {MESSAGE_BYTES} is the limit")
        handle: bytes
        if isinstance(target, Borrowed):
            handle, sender = target.shown
            channel = self.channels.get(target.place)
        else:
            handle, sender = target if isinstance(target, bytes) else proper(target), 0
            channel = self.channels.get(handle[:8])
        if channel is None:
            handle, sender = proper(target), 0
            channel = self._connect(handle)
        if caps:
            if len(caps) > MESSAGE_CAPS:
                raise IpcError(f"{len(caps)} capabilities in one request: {MESSAGE_CAPS} is the limit")
            reply, count = channel.call(handle, request, self.sent(caps, channel.owner), sender)
        elif sender:
            reply, count = channel.call(handle, request, b"", sender)
        else:                           # nearly always, and each argument more takes time
            reply, count = channel.call(handle, request)
        if not count:
            return reply, ()
        end = len(reply) - count * HANDLE_BYTES
        if count > MESSAGE_CAPS or end < 0:
            raise IpcError(f"the server replied with {count} capabilities beside {len(reply)} bytes")
        return reply[:end], self.received(reply[end:], channel.owner)

    def get_ready(self, target: Handle) -> None:
        """Connect, so that a later call needs nobody but the callee. Raises IpcError."""
        handle = proper(target)
        if handle[:8] not in self.channels:
            self._connect(handle)

    def submit(self, context: Handle, count: int = 1) -> None:
        try:
            handle = proper(context)
        except IpcError:
            return                      # it never was a context
        entrypoint = handle[:8]
        for channel in self.signal_channels.get(entrypoint, ()):
            if channel.submit(handle, count):
                return
        number, identity = numbers(handle)
        if (gate := self.gates.get(number)) is not None:
            gate.submit(identity, count)
            return
        with suppress(IpcError):        # the context is gone, or its owner can't pay for being told
            self._connect_for_signals(handle).submit(handle, count)

    def attach(self, dataspace: Handle, writeable: bool) -> memoryview:
        view = window.attach(partial(self.authority.memory, proper(dataspace), writeable), writeable)
        self._views[id(view)] = view
        return view

    def detach(self, view: memoryview) -> None:
        if self._views.pop(id(view), None) is None:
            raise ValueError("this view is none that was attached")
        with suppress(BufferError):     # parts are still in use: the memory goes with the last of them
            view.release()

    def read(self, dataspace: Handle, offset: int = 0, size: int | None = None) -> bytes:
        return window.read(partial(self.authority.memory, proper(dataspace), False), offset, size)

    def store(self, view: memoryview, content: bytes, offset: int = 0) -> None:
        if id(view) not in self._views:
            raise ValueError("this view is none that was attached")
        self._ferry.carry(content, view, offset)

    def start_thread(self, function: Callable[[], None], name: str) -> None:
        threading.stack_size(THREAD_STACK)
        threading.Thread(target=function, name=name, daemon=True).start()

    def now(self) -> int:
        return time.monotonic_ns() // 1000

    def close(self) -> None:
        """Give up all channels and gates."""
        for channel in self.channels.values():
            channel.close()
        for signals in chain.from_iterable(self.signal_channels.values()):
            signals.close()
        for gate in self.gates.values():
            gate.close()
        self._ferry.close()
        self.channels.clear()
        self.signal_channels.clear()
        self.gates.clear()

    # for gates and channels

    def news(self) -> None:
        self.authority.news()

    def received(self, handles: bytes, sender: int) -> Caps:
        """Capabilities that came beside a message. An own one is recognised, if `sender` really holds it."""
        return tuple([self._received(handles[at:at + HANDLE_BYTES], sender)
                      for at in range(0, len(handles), HANDLE_BYTES)])

    def _received(self, handle: bytes, sender: int) -> Handle | None:
        if handle == INVALID:
            return None
        about = vouched(handle)
        entrypoint, identity = about or numbers(handle)
        if entrypoint in self.gates:
            own = seal(self.key, entrypoint, identity, self.domain)
            senders = seal(self.key, entrypoint, identity, sender)
            authentic = handle == voucher(senders, self.domain) if about else handle in (own, senders)
            return Handle(own) if authentic else None
        return Handle(handle) if about is None else Handle(Borrowed(handle, sender, self.authority.redeem))

    def sent(self, caps: Caps, receiver: int) -> bytes:
        """Handles and vouchers to go beside a message to the domain `receiver`."""
        return b"".join([self._sent(handle, receiver) for handle in caps])

    def _sent(self, cap: Handle | None, receiver: int) -> bytes:
        if cap is None:
            return INVALID
        handle = proper(cap)
        entrypoint, identity = numbers(handle)
        if entrypoint in self.gates:
            return seal(self.key, entrypoint, identity, receiver)
        known = self.channels.get(handle[:8])
        if known is not None and known.owner == receiver:
            return handle               # back to its owner, who recognises the sender's seal
        return self.authority.passed_on(handle, receiver)

    def _connect(self, handle: bytes) -> Channel:
        entrypoint = proper(handle)[:8]
        with self._connecting:
            if entrypoint not in self.channels:
                own = self.gates.get(numbers(handle)[0])
                if own is not None and own.thread == threading.get_ident():
                    raise IpcError("an entrypoint that calls itself would wait for ever")
                self.authority.connect(handle, True)
            return self.channels[entrypoint]

    def _connect_for_signals(self, handle: bytes) -> SignalChannel:
        """A channel more than there is, or the one that somebody else has opened meanwhile."""
        entrypoint = handle[:8]
        before = len(self.signal_channels.get(entrypoint, ()))
        with self._connecting:
            if len(self.signal_channels.get(entrypoint, ())) <= before:
                self.authority.connect(handle, False)
            return self.signal_channels[entrypoint][-1]
