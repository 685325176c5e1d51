"""Sound in packets, which takes its time even in a black hole."""

from __future__ import annotations

from collections.abc import Callable

from bastide.app.test_black_hole.services import expect
from bastide.base import Attached, Env, SignalHandler
from bastide.session.audio import (
    CLIENT,
    FLAGS,
    PACKET,
    POSITION,
    POSITIONS,
    AudioArgs,
    AudioInSession,
    AudioOutSession,
)

WANTED = 4
"""Packets."""


class Player:
    """Fills some packets, and is done when all were played."""

    def __init__(self, env: Env, progress: Callable[[], None]) -> None:
        self._notify, self.enough = progress, False
        self._session = AudioOutSession.connect(env, args=AudioArgs("left"))
        self._memory = Attached(env.account, self._session.dataspace())
        self._played = SignalHandler(env, self._look)
        self._session.progress_sigh(self._played.cap)
        for number in range(WANTED):
            FLAGS.pack_into(self._memory.view, POSITIONS.size + number * PACKET, 1, 0)
        POSITION.pack_into(self._memory.view, CLIENT, WANTED)
        self._session.start()

    def _look(self) -> None:
        at, _ = POSITIONS.unpack_from(self._memory.view)
        if at == WANTED and not self.enough:
            self._session.stop()
            self.enough = True
            self._notify()


class Listener:
    """Is done when some packets of silence were recorded."""

    def __init__(self, env: Env, progress: Callable[[], None]) -> None:
        self._notify, self.enough = progress, False
        self._session = AudioInSession.connect(env, args=AudioArgs("left"))
        self._memory = Attached(env.account, self._session.dataspace())
        self._recorded = SignalHandler(env, self._look)
        self._session.progress_sigh(self._recorded.cap)
        self._session.start()

    def _look(self) -> None:
        at, _ = POSITIONS.unpack_from(self._memory.view)
        if at >= WANTED and not self.enough:
            self._session.stop()
            first = self._memory.view[POSITIONS.size:][:PACKET]
            expect(FLAGS.unpack_from(first) == (1, 0) and not any(first[FLAGS.size:]), "there is more than silence")
            self.enough = True
            self._notify()
