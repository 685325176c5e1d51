"""Attackers that write into the memory they share with a peer, at the very moment when the peer looks at it.

The threads that write do so inside a system call or a function of the C library, beside the interpreter lock, so that
they run on another processor while the peer checks what it read.
"""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, cast

from bastide.base import IpcError, Rom, SignalHandler
from bastide.kernel.interface import Handle
from bastide.kernel.linux import page
from bastide.kernel.linux.seal import HANDLE_BYTES

from .weapons import Attacker, Raw

ROUNDS = 300

_libc = ctypes.CDLL(None)       # unlike PyDLL, it gives up the interpreter lock
_libc.getrandom.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_uint)
_libc.memmove.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t)


def _address(memory: memoryview) -> int:
    return ctypes.addressof(ctypes.c_char.from_buffer(memory))


@contextmanager
def scribbled(memory: memoryview, *contents: bytes) -> Iterator[None]:
    """Put one content after the other there, or noise, until told to stop."""
    place, size, stop = _address(memory), len(memory), threading.Event()

    def scribble() -> None:
        while not stop.is_set():
            if not contents:
                _libc.getrandom(place, size, 0)
            for content in contents:
                _libc.memmove(place, content, len(content))

    threads = [threading.Thread(target=scribble, daemon=True) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _insist(victim: Raw, request: bytes) -> None:
    """Ring for requests that others garble, and wait for nothing."""
    for _ in range(ROUNDS):
        victim.memory[page.REQUEST:page.REQUEST + len(request)] = request
        victim.words[page.REQUEST_SIZE] = len(request)
        victim.words[page.REQUEST_NUMBER] = victim.words[page.REQUEST_NUMBER] + 1 & page.WORD
        with suppress(BlockingIOError):
            os.write(victim.bell, victim.channel._ring)


def _resume(attacker: Attacker, victims: tuple[Raw, ...]) -> None:
    """Behave, and see whether that is answered."""
    for victim in victims:
        victim.channel._request_number = victim.words[page.REQUEST_NUMBER]
    attacker.log(attacker.echo().echo("still served"))


def scribble_noise(attacker: Attacker) -> None:
    """Over all of the memory that is shared: numbers, sizes, requests, replies."""
    victims = attacker.victims()
    for victim in victims:
        with scribbled(victim.memory):
            _insist(victim, victim.handle + bytes(2))
    _resume(attacker, victims)


def scribble_sizes(attacker: Attacker) -> None:
    """A size that was right when it was looked at."""
    victims = attacker.victims()
    for victim in victims:
        right = (HANDLE_BYTES + 2).to_bytes(4, "little")
        wrong = [size.to_bytes(4, "little") for size in (0xFFFF_FFFF, 0xFFFF, 255 << 16 | page.MESSAGE, 1 << 16 | 40)]
        at = 4 * page.REQUEST_SIZE
        with scribbled(victim.memory[at:at + 4], right, *wrong):
            _insist(victim, victim.handle + bytes(2))
    _resume(attacker, victims)


def scribble_targets(attacker: Attacker) -> None:
    """A handle that was right when it was looked at, and arguments that were."""
    victims = attacker.victims()
    for victim in victims:
        right = victim.handle + bytes(200)
        wrong = [victim.handle[:16] + os.urandom(16) + os.urandom(200), os.urandom(HANDLE_BYTES) + bytes(200),
                 victim.handle + b"\xff" * 200]
        with scribbled(victim.memory[page.REQUEST:page.REQUEST + len(right)], right, *wrong):
            _insist(victim, right)
    _resume(attacker, victims)


def scribble_replies(attacker: Attacker) -> None:
    """What only the owner writes, while it does."""
    victims = attacker.victims()
    for victim in victims:
        with scribbled(victim.memory[4 * page.REPLY_NUMBER:4 * page.REPLY_SIZE + 4]), \
                scribbled(victim.memory[page.REPLY:page.REPLY + page.MESSAGE]):
            _insist(victim, victim.handle + bytes(2))
    _resume(attacker, victims)


def scribble_signals(attacker: Attacker) -> None:
    """Counters and contexts of signals that nobody sent."""
    bell = cast(bytes, attacker.take("bell").handle)
    attacker.transport.submit(Handle(bell))
    channel, = attacker.transport.signal_channels[bell[:8]]
    with scribbled(channel._memory[page.COUNTERS:]):
        for _ in range(ROUNDS):
            channel._words[page.SLOTS] = page.WORD
            channel._words[page.SIGNALS] = channel._words[page.SIGNALS] + 1 & page.WORD
            with suppress(BlockingIOError):
                os.write(channel._doorbell, channel._ring)
    attacker.log(attacker.echo().echo("still served"))


def scribble_at_sender(attacker: Attacker) -> object:
    """Where core counts the signals that it sends."""
    env: Any = attacker.env
    rom = Rom(env, "changing")
    scribbles: list[Any] = []

    def changed() -> None:
        rom.update()
        if not scribbles:
            scribbles.extend(scribbled(channel.memory) for channel in env.ep.gate._channels.values())
            for scribble in scribbles:
                scribble.__enter__()
            env.log("scribbling")

    handler = SignalHandler(env, changed)
    rom.sigh(handler.cap)
    env.log("listening")
    return handler, rom


def ask_scribbler(attacker: Attacker) -> None:
    """Calls a server that scribbles over its replies. What comes back is an answer, true or not, or an IpcError."""
    server, answers, errors = attacker.echo("hostile"), 0, 0
    for _ in range(ROUNDS):
        try:
            answers += isinstance(server.echo("question"), str)
        except IpcError:
            errors += 1
    attacker.log(f"{answers + errors} came back")
