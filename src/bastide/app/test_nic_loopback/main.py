"""test-nic_loopback: sends frames to itself, one at a time, and then as many as can be under way."""

from __future__ import annotations

from bastide.base import Bytes, Env
from bastide.lib.nic import Nic
from bastide.lib.packet_stream import Packet
from bastide.session.nic import SLOT, NicArgs

FRAMES, SIZE = 128, 100
LETTERS = b"abcdefghijklmn"
MANY = 1000


class Main:
    def __init__(self, env: Env) -> None:
        self._env = env
        buffers = Bytes(FRAMES * SLOT)
        self._nic = Nic(env, "", self._progress, NicArgs(buffers, buffers))
        _expect(self._nic.session.link_state(), "the link is down")
        self._phase: OneAtATime | ManyAtATime = OneAtATime(self._nic)
        env.log("--- one frame at a time ---")
        self._progress()

    def _progress(self) -> None:
        done = self._phase.progress()
        self._nic.wakeup()
        if done and isinstance(self._phase, OneAtATime):
            self._phase = ManyAtATime(self._nic)
            self._env.log("--- many frames at a time ---")
            self._progress()
        elif done:
            self._env.log(f"sent, acknowledged and received {MANY} frames")
            self._env.exit(0)


class OneAtATime:
    """A frame comes back twice, acknowledged and reflected, in any order. Each takes the same room."""

    def __init__(self, nic: Nic) -> None:
        self._nic, self._number = nic, -1
        self._packet: Packet | None = None
        self._acknowledged = self._reflected = True
        self._offsets: set[int] = set()

    def progress(self) -> bool:
        nic = self._nic
        for packet in (acknowledged := nic.tx.collect()):
            _expect(packet == self._packet, f"{packet} was acknowledged instead of {self._packet}")
            self._acknowledged = True
        nic.tx.release(acknowledged)
        for packet in (received := nic.rx.take()):
            content = bytes(nic.rx.content(packet))
            _expect(content == self._content, f"{content!r} was received instead of {self._content!r}")
            self._reflected = True
        nic.rx.acknowledge(received)
        if not (self._acknowledged and self._reflected):
            return False
        self._number += 1
        if self._number == len(LETTERS):
            _expect(len(self._offsets) == 1, "the room of an acknowledged frame was not used again")
            return True
        [self._packet] = nic.tx.allocate(SIZE)
        self._offsets.add(self._packet.offset)
        nic.tx.content(self._packet)[:] = self._content
        nic.tx.submit([self._packet])
        self._acknowledged = self._reflected = False
        return False

    @property
    def _content(self) -> bytes:
        return LETTERS[self._number:self._number + 1] * SIZE


class ManyAtATime:
    def __init__(self, nic: Nic) -> None:
        self._nic = nic
        self._sent = self._acknowledged = self._received = 0

    def progress(self) -> bool:
        tx, rx = self._nic.tx, self._nic.rx
        tx.release(acknowledged := tx.collect())
        rx.acknowledge(received := rx.take())
        self._acknowledged += len(acknowledged)
        self._received += len(received)
        under_way = self._sent - min(self._acknowledged, self._received)
        packets = tx.allocate(SIZE, min(MANY - self._sent, FRAMES - 1 - under_way))
        tx.submit(packets)
        self._sent += len(packets)
        return self._acknowledged == self._received == MANY


def _expect(condition: bool, otherwise: str) -> None:
    if not condition:
        raise ValueError(otherwise)


construct = Main
