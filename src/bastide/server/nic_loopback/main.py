"""nic_loopback: a network of its own for each client, who hears its own frames there."""

from __future__ import annotations

from itertools import count

from bastide.base import Env, SessionRequest
from bastide.lib.nic import LARGEST, ServedNic
from bastide.session.nic import NicSession


class Main:
    def __init__(self, env: Env) -> None:
        self._env, self._numbers = env, count(1)
        NicSession.announce(env, self._open)

    def _open(self, request: SessionRequest) -> Loop:
        mac = bytes((2, 2, 2)) + (next(self._numbers) & 0xffffff).to_bytes(3, "big")
        return Loop(self._env, request, mac)


class Loop(ServedNic):
    def __init__(self, env: Env, request: SessionRequest, mac: bytes) -> None:
        self._env, self._label = env, request.label
        super().__init__(env, request, mac, self._reflect)

    def _reflect(self) -> None:
        """A frame for which the client has no room is lost, as on a wire."""
        frames = self.frames
        sent, received, healthy = frames.sent, frames.received, not frames.broken
        received.release(received.collect())
        packets = sent.take()
        reflected = []
        for packet in packets[:received.ready]:
            if 0 < packet.size <= LARGEST and (room := received.allocate(packet.size)):
                received.content(room[0])[:] = sent.content(packet)
                reflected += room
        received.submit(reflected)
        sent.acknowledge(packets)
        frames.wakeup()
        if healthy and frames.broken:
            self._env.log.warning(f"the session of '{self._label}' carries nothing any more: {frames.broken}")


construct = Main
