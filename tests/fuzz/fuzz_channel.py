"""The memory that two ends of a channel share: whatever one end writes there, the other one survives, and goes on.

The first byte of an input says who is hostile and what of its message is genuine; then come the words of the page, the
message, and the rings.
"""

from __future__ import annotations

import os
from contextlib import suppress

from fuzz.harness import Target
from kernel.linux.parties import Party, parties

from bastide.kernel.interface import MESSAGE_BYTES, MESSAGE_CAPS, Caps, Handle, IpcError
from bastide.kernel.linux.channel import Channel
from bastide.kernel.linux.gate import LinuxGate
from bastide.kernel.linux.incoming import Calls
from bastide.kernel.linux.page import CONTEXTS, COUNTERS, MAX_SLOTS, MESSAGE, OK, REPLY, REQUEST
from bastide.kernel.linux.seal import HANDLE_BYTES

OWNER_IS_HOSTILE, GENUINE_TARGET, GENUINE_CONTEXT, NEW_NUMBER, NO_NUMBER = 1, 2, 4, 8, 16

WORDS = 20
"""Bytes of each end's words that are in use, and a few that are not."""


def check(data: bytes) -> None:
    flags, words, rest = data[:1], data[1:1 + WORDS], data[1 + WORDS:]
    with parties(3) as (owner, holder, other):
        entrypoint, gate = owner.entrypoint()
        target, context = owner.switchboard.mint(entrypoint), owner.switchboard.mint(entrypoint)
        gate.serve(owner.handle(entrypoint, target), _echo)
        gate.listen(owner.handle(entrypoint, context), lambda count: None, False)
        theirs = _bytes(holder.handle(entrypoint, target))
        if flags and flags[0] & OWNER_IS_HOSTILE:
            _answer(flags[0], words, rest, holder, gate, theirs)
        else:
            _ask(flags, words, rest, holder, gate, theirs, _bytes(holder.handle(entrypoint, context)))
        reply = _call(other, gate, _bytes(other.handle(entrypoint, target)))
        assert reply == b"still there", reply


def _ask(flags: bytes, words: bytes, rest: bytes, holder: Party, gate: LinuxGate, target: bytes,
         context: bytes) -> None:
    """A hostile holder. The owner serves what it finds, and replies what fits."""
    channel, flag = _connected(holder, target), flags[0] if flags else 0
    memory = channel._memory
    memory[:len(words)] = words
    body = (target if flag & GENUINE_TARGET else b"") + rest
    memory[REQUEST:REQUEST + min(len(body), MESSAGE)] = body[:MESSAGE]
    memory[COUNTERS:COUNTERS + len(rest[:4 * MAX_SLOTS])] = rest[:4 * MAX_SLOTS]
    memory[CONTEXTS:CONTEXTS + HANDLE_BYTES] = context if flag & GENUINE_CONTEXT else rest[:HANDLE_BYTES].ljust(32)
    os.write(channel._doorbell, rest[:300] + channel._ring)
    _serve(gate)
    if channel._words[0]:
        assert channel._words[16] == channel._words[0]
        assert channel._words[17] & 0xFFFF <= MESSAGE


def _answer(flag: int, words: bytes, rest: bytes, holder: Party, gate: LinuxGate, target: bytes) -> None:
    """A hostile owner, that then dies. The call returns what fits, or raises IpcError."""
    channel = _connected(holder, target)
    incoming, = gate._channels.values()
    assert isinstance(incoming, Calls)
    memory = channel._memory
    memory[64:64 + len(words)] = words
    memory[REPLY:REPLY + len(rest[:MESSAGE])] = rest[:MESSAGE]
    if not flag & NO_NUMBER:
        channel._words[16] = 1
    os.write(incoming.reply, rest[:50] + b"!" * bool(flag & NEW_NUMBER))
    os.close(incoming.reply)
    incoming.reply = os.open(os.devnull, os.O_WRONLY)        # which the gate closes in the end
    try:
        reply, caps = holder.transport.call(Handle(target), b"request")
    except IpcError:
        return
    assert len(reply) <= MESSAGE and len(caps) <= MESSAGE_CAPS
    for cap in caps:
        if cap is not None:
            with suppress(IpcError):
                holder.transport.call(cap, b"to whom?")


def _call(party: Party, gate: LinuxGate, target: bytes) -> bytes:
    """The reply to an honest call, made and served in one thread."""
    channel = _connected(party, target)
    body = target + b"still there"
    channel._memory[REQUEST:REQUEST + len(body)] = body
    channel._words[1], channel._words[0] = len(body), 1
    os.write(channel._doorbell, channel._ring)
    _serve(gate)
    answer = channel._words[17]
    assert channel._words[16] == 1 and answer >> 24 == OK
    return channel._memory[REPLY:REPLY + (answer & 0xFFFF)].tobytes()


def _connected(party: Party, target: bytes) -> Channel:
    party.transport.get_ready(Handle(target))
    return party.transport.channels[target[:8]]


def _serve(gate: LinuxGate) -> None:
    """Serve all that has come."""
    for _ in range(3):                  # what is put off comes in the next round
        gate.post(gate.stop)
        gate.run()


def _echo(request: bytes, caps: Caps) -> tuple[bytes, Caps]:
    return request[:MESSAGE_BYTES], caps


def _bytes(handle: Handle) -> bytes:
    assert isinstance(handle, bytes)
    return handle


def _example(flag: int, number: int, size: int, body: bytes) -> bytes:
    return bytes((flag,)) + number.to_bytes(4, "little") + size.to_bytes(4, "little") + bytes(WORDS - 8) + body


TARGET = Target(check, [
    _example(GENUINE_TARGET, 1, 36, b"ping"),
    _example(GENUINE_TARGET | GENUINE_CONTEXT, 1, 68 | 1 << 16, b"ping" + bytes(32)),
    bytes((GENUINE_CONTEXT,)) + b"\1\0\0\0" * 5 + bytes(range(40)), _example(0, 7, 0xFFFF, bytes(40)),
    _example(OWNER_IS_HOSTILE | NEW_NUMBER, 1, 4, b"pong"),
    _example(OWNER_IS_HOSTILE | NEW_NUMBER, 1, 36 | 1 << 16, b"pong" + bytes(31) + b"\1"),
    _example(OWNER_IS_HOSTILE | NO_NUMBER, 3, 5 | 2 << 24, b"failed")],
    [b"\xff\xff\xff\xff", b"\1\0\0\0", b"\0\0\4\0", b"\0\0\5\0"], calls=500, memory=5000, slowness=10)
