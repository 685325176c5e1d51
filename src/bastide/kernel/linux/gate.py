"""Where the calls and signals of one entrypoint arrive. Implements `Gate`.

Everybody who may call or signal the entrypoint holds a write end of one pipe, its *doorbell*, and a channel of his own.
A byte in the doorbell says in which channels to look; it carries no authority, for what is found there is checked. So
whoever rings wrongly, or too often, wastes time of the entrypoint and achieves nothing else. If so many bytes are
waiting that some may have been dropped, all channels are looked at.

Byte 0 is core's: news on the control socket (new channels, closed ones), or something posted by another thread.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import get_ident
from typing import TYPE_CHECKING

from bastide.kernel.interface import MESSAGE_BYTES, MESSAGE_CAPS, Caps, Deliver, Dispatch, Handle, IpcError
from bastide.kernel.linux import page
from bastide.kernel.linux.doorbell import RINGS, Doorbell
from bastide.kernel.linux.incoming import Calls, Context, Incoming, Object, Signals
from bastide.kernel.linux.memory import Mapping
from bastide.kernel.linux.page import MAX_SLOTS, MESSAGE, REPLY, REQUEST
from bastide.kernel.linux.seal import HANDLE_BYTES, numbers, seal, vouched, voucher

if TYPE_CHECKING:
    from bastide.kernel.linux.transport import Transport

UNHEARD_LIMIT = 1024
"""Identities of which signals are kept that nobody listens to yet. Then the oldest are dropped."""

QUIET_MS = 1000
"""So long nobody must have rung until it counts as idle."""

_DONE, _NEWS = b"!", b"\0"
_NEVER = 1 << 63
_EAGER, _BUSY = 4, 64       # rests that come early; waits without one after which to look more rarely


class LinuxGate:
    def __init__(self, transport: Transport, number: int, doorbell: int, bell: int) -> None:
        self.number = number
        self._transport, self._doorbell = transport, Doorbell(doorbell, bell)
        self.wake_for_signals = self._doorbell.ring_for_signals
        self._rings: list[tuple[Incoming, ...]] = [()] * 256
        self._channels: dict[int, Incoming] = {}
        self._objects: dict[int, Object] = {}
        self._contexts: dict[int, Context] = {}
        self._pending: dict[Context, int] = {}
        self._backlog: dict[Calls, None] = {}   # requests that came while the gate waited for a signal
        self._unheard: dict[int, int] = {}          # signals of identities that nobody listens to yet
        self._raised: deque[tuple[int, int]] = deque()  # signals from within the component
        self._withdrawn: deque[int] = deque()
        self._posted: deque[Callable[[], object]] = deque()
        self._alarm: tuple[int, Callable[[], None]] | None = None
        self._stopped = False
        self.thread = 0                 # that runs the gate
        self.settled: Callable[[], None] = lambda: None
        """Called when the gate is about to wait for the 1st, 2nd, 3rd, 4th, 8th, 16th... time."""
        self._waits, self._next_settling = 0, 1
        self._idle: Callable[[], None] = lambda: None
        self._rests, self._next_rest, self._next_pause = 0, _NEVER, 1

    def when_idle(self, tidy: Callable[[], None]) -> None:
        """Call `tidy` when nobody has rung for a while: after each of the first few activations, then more rarely.

        What takes time is then done when nobody waits for this component, nor for others at the same processor.
        """
        self._idle, self._next_rest = tidy, self._waits + 1
        self._next_pause = self._next_rest

    # what the component says

    def serve(self, identity: Handle, dispatch: Dispatch) -> None:
        self._objects[self._own(identity)] = Object(dispatch)

    def listen(self, identity: Handle, deliver: Deliver, io: bool) -> None:
        number = self._own(identity)
        context = self._contexts[number] = Context(deliver, io)
        if early := self._unheard.pop(number, 0):
            self._pending[context] = early

    def dissolve(self, identity: Handle) -> None:
        number = self._own(identity)
        self._drop(number)
        self._transport.dissolved(number)

    def run(self) -> None:
        self.thread = get_ident()
        read, doorbell, rings = os.read, self._doorbell.hear, self._rings
        while not self._stopped:
            if self._pending or self._backlog or self._posted or self._raised:
                more = self._catch_up()
                if not more or self._stopped or not self._doorbell.rung():
                    continue            # whoever always finds something to catch up must not starve the others
            self._waits = waits = self._waits + 1
            if waits >= self._next_pause:
                self._pause()
            if self._alarm is None:                 # as in `_heard`, without a call for each message
                rung = read(doorbell, RINGS)
                heard = rings[rung[0]] if len(rung) == 1 and rung != _NEWS else self._called(rung)
            else:
                heard = self._heard()
            while self._withdrawn:
                self._drop(self._withdrawn.popleft())
            for channel in heard:
                if channel.words[0] != channel.seen:
                    if type(channel) is Calls:      # half as long as to ask `isinstance`, for each message
                        self._serve(channel)
                    elif isinstance(channel, Signals):
                        self._collect(channel)
        self._stopped = False

    def stop(self) -> None:
        self._stopped = True
        self._doorbell.ring()

    def wait_io(self) -> None:
        while not self._handle_io():
            for channel in self._heard():
                self._note(channel)

    def poll_io(self) -> bool:
        while not self._handle_io():
            if not self._doorbell.rung():
                return False
            for channel in self._heard():
                self._note(channel)
        return True

    def _handle_io(self) -> bool:
        self._take_raised()
        for context, count in self._pending.items():
            if context.io:
                del self._pending[context]
                context.deliver(count)
                return True
        return False

    def alarm(self, at: int | None, expired: Callable[[], None]) -> None:
        self._alarm = None if at is None else (at, expired)

    # what others cause

    def post(self, function: Callable[[], object]) -> None:
        """Run `function` in the gate's thread. Callable from any thread."""
        self._posted.append(function)
        self._doorbell.ring()

    def submit(self, identity: int, count: int) -> None:
        """A signal from within the component, from any thread."""
        self._raised.append((identity, count))
        self._doorbell.ring()

    def add(self, number: int, holder: int, mapping: Mapping, reply: int | None) -> None:
        """A new channel leads here, for signals if there is nowhere to reply to. Callable from any thread.

        Its holder may have rung for it already.
        """
        channel = Signals(number, holder, mapping) if reply is None else Calls(number, holder, mapping, reply)
        self._channels[number] = channel
        self._rings[page.ring_of(number)] += (channel,)
        self.post(lambda: self._note(channel))

    def remove(self, number: int) -> None:
        """The holder of a channel is gone. Callable from any thread."""
        self.post(lambda: self._forget(number))

    def withdraw(self, identity: int) -> None:
        """Core has forgotten an identity, whoever asked it to. Callable from any thread."""
        self._withdrawn.append(identity)

    # inside

    def close(self) -> None:
        """Give up all channels and the doorbell. Nobody may use the gate any more."""
        for number in list(self._channels):
            self._forget(number)
        self._doorbell.close()

    def _forget(self, number: int) -> None:
        channel = self._channels.pop(number, None)
        if channel is None:
            return
        ring = page.ring_of(number)
        self._rings[ring] = tuple(other for other in self._rings[ring] if other is not channel)
        if isinstance(channel, Calls):
            for target in channel.objects.values():
                del target.known[channel]
            self._backlog.pop(channel, None)
            os.close(channel.reply)
            channel.reply = -1
        elif isinstance(channel, Signals):
            for context in channel.contexts.values():
                del context.known[channel]
        channel.mapping.unmap()

    def _drop(self, number: int) -> None:
        """An identity is served and heard no more."""
        if (target := self._objects.pop(number, None)) is not None:
            for channel, handle in target.known.items():
                del channel.objects[handle]
        if (context := self._contexts.pop(number, None)) is not None:
            self._pending.pop(context, None)
            for listening, handle in context.known.items():
                del listening.contexts[handle]
        self._unheard.pop(number, None)

    def _own(self, identity: Handle) -> int:
        entrypoint, number = numbers(identity)  # type: ignore[arg-type]  # handles are bytes here
        if entrypoint != self.number:
            raise IpcError("this identity belongs to another entrypoint")
        return number

    def _heard(self) -> Sequence[Incoming]:
        """Wait for the doorbell; the channels to look at."""
        if self._alarm is not None and not self._heard_before_alarm():
            return ()
        return self._called(self._doorbell.take())

    def _called(self, rung: bytes) -> Sequence[Incoming]:
        """The channels to look at."""
        if len(rung) == 1 and rung != _NEWS:
            return self._rings[rung[0]]
        if len(rung) >= RINGS:
            self._transport.news()
            return list(self._channels.values())
        rings = set(rung)
        if 0 in rings:
            self._transport.news()
        return [channel for ring in rings for channel in self._rings[ring]]

    def _pause(self) -> None:
        """Before a wait at which something is due."""
        if self._waits >= self._next_settling:
            self._next_settling += 1 if self._waits < 4 else self._waits
            self.settled()
        if self._waits >= self._next_rest:
            self._rest()
        self._next_pause = min(self._next_settling, self._next_rest)

    def _rest(self) -> None:
        alarmed = self._alarm is not None and self._alarm[0] - self._transport.now() < QUIET_MS * 1000
        if alarmed or self._doorbell.rung(QUIET_MS):
            self._next_rest = self._waits + (1 if self._waits < _BUSY else _BUSY)
            return
        self._idle()
        self._rests += 1
        self._next_rest = self._waits + (1 if self._rests < _EAGER else self._waits)

    def _heard_before_alarm(self) -> bool:
        assert self._alarm is not None
        at, expired = self._alarm
        if self._doorbell.rung_before(at):
            return True
        if self._transport.now() >= at:
            self._alarm = None
            self._posted.append(expired)
        return False

    def _catch_up(self) -> bool:
        """What was put off, one of each kind, so that none starves another. True if there is more."""
        self._take_raised()
        if self._posted:
            self._posted.popleft()()
        if self._pending:
            context = next(iter(self._pending))
            context.deliver(self._pending.pop(context))
        if self._backlog:
            channel = next(iter(self._backlog))
            del self._backlog[channel]
            if channel.words[0] != channel.seen:
                self._serve(channel)
        return bool(self._pending or self._backlog or self._posted or self._raised)

    def _note(self, channel: Incoming) -> None:
        """Look at a channel while calls have to wait."""
        if channel.words[0] == channel.seen:
            return
        if isinstance(channel, Calls):
            self._backlog[channel] = None
        elif isinstance(channel, Signals):
            self._collect(channel)

    def _serve(self, channel: Calls) -> None:
        words = channel.words
        number = channel.seen = words[0]
        size = words[1]
        caps_count, size = size >> 16 & 0xFF, size & 0xFFFF
        data = channel.memory[REQUEST:REQUEST + (size if size < MESSAGE else MESSAGE)].tobytes()
        status, caps_back, reply = page.OK, 0, b""
        try:
            target = channel.objects.get(data[:HANDLE_BYTES]) or self._prove(channel, data[:HANDLE_BYTES])
            if target is None:
                status = page.NO_OBJECT
            else:
                request, caps = self._take_caps(channel, data, caps_count) if caps_count else (data[HANDLE_BYTES:], ())
                reply, back = target.dispatch(request, caps)
                if len(reply) > MESSAGE_BYTES:
                    status, reply = page.ILLEGAL, b""
                elif back:
                    status, reply, caps_back = self._give_caps(channel, reply, back)
        except Exception:               # whatever happens at the server, its client is answered
            status, caps_back, reply = page.FAILED, 0, b""
        size = len(reply)
        channel.memory[REPLY:REPLY + size] = reply
        words[17] = size | caps_back << 16 | status << 24
        words[16] = number
        if channel.reply >= 0:
            try:  # noqa: SIM105  # each call comes along here, and `suppress` would cost a quarter of a microsecond
                os.write(channel.reply, _DONE)
            except (BlockingIOError, BrokenPipeError):
                pass                    # the holder never reads, or is gone: core will tell

    def _prove(self, channel: Calls, shown: bytes) -> Object | None:
        """Check a handle or a voucher that the channel has not shown before."""
        number = self._verified(channel, shown)
        target = self._objects.get(self._vouched(channel, shown) if number < 0 else number)
        if target is not None:
            channel.remember(shown, target)
        return target

    def _verified(self, channel: Incoming, handle: bytes) -> int:
        """The identity that a handle names, or -1 if it is not authentic, or not the holder's."""
        if len(handle) != HANDLE_BYTES:
            return -1
        entrypoint, number = numbers(handle)
        if entrypoint != self.number or handle != seal(self._transport.key, entrypoint, number, channel.holder):
            return -1
        return number

    def _vouched(self, channel: Calls, shown: bytes) -> int:
        """The identity that a voucher names, or -1 if nobody made it for the holder who holds what it is about."""
        about = vouched(shown) if len(shown) == HANDLE_BYTES else None
        if about is None or about[0] != self.number:
            return -1
        made = voucher(seal(self._transport.key, *about, channel.sender), channel.holder)
        return about[1] if shown == made else -1

    def _take_caps(self, channel: Calls, data: bytes, count: int) -> tuple[bytes, Caps]:
        end = len(data) - count * HANDLE_BYTES
        if count > MESSAGE_CAPS or end < HANDLE_BYTES:
            raise IpcError(f"{count} capabilities beside a message of {len(data)} bytes")
        return data[HANDLE_BYTES:end], self._transport.received(data[end:], channel.holder)

    def _give_caps(self, channel: Calls, reply: bytes, caps: Caps) -> tuple[int, bytes, int]:
        """Status, reply with its capabilities, and how many they are."""
        if len(caps) <= MESSAGE_CAPS:
            with suppress(IpcError):
                return page.OK, reply + self._transport.sent(caps, channel.holder), len(caps)
        return page.ILLEGAL, b"", 0

    def _collect(self, channel: Signals) -> None:
        """Add the signals of a channel to what is pending."""
        words = channel.words
        channel.seen = words[page.SIGNALS]
        slots = min(words[page.SLOTS], MAX_SLOTS)
        now, last = channel.counters[:slots].tolist(), channel.last
        if len(last) < slots:
            last += [0] * (slots - len(last))
        for slot, (new, old) in enumerate(zip(now, last, strict=False)):
            if new != old:
                at = page.CONTEXTS + slot * HANDLE_BYTES
                handle = bytes(channel.memory[at:at + HANDLE_BYTES])
                context = channel.contexts.get(handle) or self._prove_context(channel, handle)
                if context is not None:
                    self._pending[context] = self._pending.get(context, 0) + (new - old & page.WORD)
                elif (number := self._verified(channel, handle)) >= 0:
                    self._keep(number, new - old & page.WORD)
        channel.last = now
        words[page.SIGNALS_SEEN] = channel.seen

    def _prove_context(self, channel: Signals, handle: bytes) -> Context | None:
        context = self._contexts.get(self._verified(channel, handle))
        if context is not None:
            channel.contexts[handle] = context
            context.known[channel] = handle
        return context

    def _take_raised(self) -> None:
        while self._raised:
            identity, count = self._raised.popleft()
            context = self._contexts.get(identity)
            if context is not None:
                self._pending[context] = self._pending.get(context, 0) + count
            else:
                self._keep(identity, count)

    def _keep(self, identity: int, count: int) -> None:
        """Signals may come before somebody listens. Identities that are gone are dropped by and by."""
        self._unheard[identity] = self._unheard.get(identity, 0) + count
        if len(self._unheard) > UNHEARD_LIMIT:
            del self._unheard[next(iter(self._unheard))]
