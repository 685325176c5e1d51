"""Attackers that write into channels past the framework."""

from __future__ import annotations

import os
import random
import threading
from contextlib import suppress
from typing import cast

from bastide.kernel.linux import page
from bastide.kernel.linux.seal import HANDLE_BYTES

from .weapons import Attacker, Raw

ABSURD_SIZES = (0, 1, HANDLE_BYTES - 1, page.MESSAGE + 1, 0xFFFF, 1 << 16, 255 << 16, 0xFF_0000 | 0xFFFF, 0xFFFF_FFFF,
                0xFF00_0000 | HANDLE_BYTES, 5 << 16 | HANDLE_BYTES, 5 << 16 | page.MESSAGE, 4 << 16 | HANDLE_BYTES)


def opcodes(attacker: Attacker) -> None:
    for victim in attacker.victims():
        statuses = {victim.request(victim.handle + opcode.to_bytes(2, "little"), HANDLE_BYTES + 2)
                    for opcode in (100, 255, 256, 0x7FFF, 0x8000, 0xFFFF)}
        attacker.log(f"answers: {statuses}")


def garbage(attacker: Attacker) -> None:
    chance = random.Random(1)
    for victim in attacker.victims():
        statuses = set()
        for size in ABSURD_SIZES:
            for content in (b"", chance.randbytes(page.MESSAGE), victim.handle, victim.handle + chance.randbytes(1000)):
                statuses.add(victim.request(content, size))
        for _ in range(100):
            statuses.add(victim.request(chance.randbytes(page.MESSAGE), chance.getrandbits(32)))
        attacker.log(f"answered {None not in statuses}, served {page.OK in statuses}")
    attacker.log(attacker.echo().echo("still served"))


def torn(attacker: Attacker) -> None:
    """Changes requests while they may be looked at, and rings for those that are not there."""
    chance = random.Random(2)
    for victim in attacker.victims():
        for _ in range(500):
            victim.words[page.REQUEST_SIZE] = chance.getrandbits(18)
            victim.words[page.REQUEST_NUMBER] = chance.getrandbits(32)
            _ring(victim, victim.channel._ring)
            victim.memory[page.REQUEST:page.REQUEST + 64] = victim.handle + chance.randbytes(64 - HANDLE_BYTES)
        victim.channel._request_number = victim.words[page.REQUEST_NUMBER]
    attacker.log(attacker.echo().echo("still served"))


def flood(attacker: Attacker) -> None:
    """Keeps all doorbells full, for ever."""
    victims = attacker.victims()
    rings = bytes(range(256)) * 16
    attacker.log("flooding")
    while True:
        for victim in victims:
            _ring(victim, rings)


def deaf(attacker: Attacker) -> None:
    """Does not want its replies."""
    victim, _ = attacker.victims()
    os.close(victim.reply)
    content = victim.handle + bytes(2) + b"x"
    for _ in range(50):
        victim.memory[page.REQUEST:page.REQUEST + len(content)] = content
        victim.words[page.REQUEST_SIZE] = len(content)
        victim.words[page.REQUEST_NUMBER] = victim.words[page.REQUEST_NUMBER] + 1 & page.WORD
        _ring(victim, victim.channel._ring)
    attacker.log("rung")


def signals(attacker: Attacker) -> None:
    """Fills the slots of its signals with nonsense."""
    chance = random.Random(3)
    bell, server = attacker.take("bell").handle, cast(bytes, attacker.take("echo_server").handle)
    attacker.transport.submit(bell)
    [channel] = attacker.transport.signal_channels[server[:8]]
    for slots in (0, 1, page.MAX_SLOTS, page.MAX_SLOTS + 1, page.WORD):
        channel._memory[page.COUNTERS:page.CHANNEL_BYTES] = chance.randbytes(page.CHANNEL_BYTES - page.COUNTERS)
        channel._memory[page.CONTEXTS:page.CONTEXTS + HANDLE_BYTES] = server         # which is no context
        channel._words[page.SLOTS] = slots
        channel._words[page.SIGNALS] = chance.getrandbits(32)
        with suppress(BlockingIOError):
            os.write(channel._doorbell, channel._ring)
    attacker.log(attacker.echo().echo("still served"))


def replies(attacker: Attacker) -> None:
    """Writes what is the owner's to write: it harms nobody but itself."""
    for victim in attacker.victims():
        victim.memory[64:128] = os.urandom(64)
        victim.memory[page.REPLY:page.REPLY + page.MESSAGE] = os.urandom(page.MESSAGE)
    attacker.log(attacker.echo().echo("still served"))


def die_calling(attacker: Attacker) -> None:
    victim, _ = attacker.victims()
    content = victim.handle + bytes(2) + b"x" * 1000
    for _ in range(50):
        victim.memory[page.REQUEST:page.REQUEST + len(content)] = content
        victim.words[page.REQUEST_SIZE] = len(content)
        victim.words[page.REQUEST_NUMBER] = victim.words[page.REQUEST_NUMBER] + 1 & page.WORD
        _ring(victim, victim.channel._ring)
    attacker.log("about to die")
    os._exit(9)


def die_waiting(attacker: Attacker) -> None:
    """Ends while another thread of it waits for a reply that does not come."""
    silent = attacker.echo("silent")
    threading.Thread(target=lambda: silent.echo("hello?"), daemon=True).start()
    attacker.log("waiting")
    attacker.env.ep.wait_for_io()


def _ring(victim: Raw, rings: bytes) -> None:
    try:
        os.write(victim.bell, rings)
    except BlockingIOError:
        return
