"""Sound that nobody hears, and silence to be listened to.

Clients of the older pair go by the packets that the server is through with, so these sessions keep time. There is no
timeout as long as no stream is started, or all of them have nothing to be played.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from bastide.base import (
    DataspaceCap,
    Duration,
    Env,
    RamDataspace,
    SessionRequest,
    SignalCap,
    SignalHandler,
    Transmitter,
)
from bastide.session import record
from bastide.session.audio import (
    FLAGS,
    PACKET,
    PACKET_TIME,
    PACKETS_IN,
    PACKETS_OUT,
    POSITION,
    POSITIONS,
    SERVER,
    STREAM_IN,
    STREAM_OUT,
    AudioInSession,
    AudioOutSession,
)
from bastide.session.play import BUFFER, PlaySession, Window
from bastide.session.record import RecordSession
from bastide.session.timer import Timeout, Timer

OPAQUE = (1 << 32) - 1
"""The bits of a point in time."""


class Beat:
    """Lets each stream that is going do its next packet."""

    def __init__(self, env: Env) -> None:
        self.env = env
        self._timer, self._going = Timer(env), list[Stream]()
        self._timeout: Timeout | None = None

    def begin(self, stream: Stream) -> None:
        if stream not in self._going:
            self._going.append(stream)
        if self._timeout is None:
            self._timeout = self._timer.every(PACKET_TIME, self._next)

    def end(self, stream: Stream) -> None:
        if stream in self._going:
            self._going.remove(stream)
        if not self._going and self._timeout is not None:
            self._timeout.cancel()
            self._timeout = None

    def _next(self) -> None:
        for stream in tuple(self._going):
            if not stream.step():
                self.end(stream)


class Stream(ABC):
    """What the sessions of the older pair have in common: packets in a ring that both parties walk through."""

    def __init__(self, beat: Beat, request: SessionRequest, packets: int, size: int) -> None:
        self._beat, self._packets, self._started = beat, packets, False
        self._memory = RamDataspace(request.account, size)
        self._go_on = SignalHandler(beat.env, self._begin, request.account)
        self._progress = Transmitter()

    def start(self) -> None:
        self._started = True
        self._begin()

    def stop(self) -> None:
        self._started = False
        self._beat.end(self)

    def close(self) -> None:
        self._beat.end(self)

    def dataspace(self) -> DataspaceCap:
        return self._memory.cap

    def progress_sigh(self, context: SignalCap | None) -> None:
        self._progress.context = context

    def data_avail_sigh(self) -> SignalCap:
        return self._go_on.cap

    @abstractmethod
    def step(self) -> bool:
        """Be through with a packet. False: there is none, and the client will tell when there is."""

    def _begin(self) -> None:
        if self._started:
            self._beat.begin(self)

    def _positions(self) -> tuple[int, int]:
        """Of this server and of the client, who can write into both what it likes."""
        own, other = POSITIONS.unpack_from(self._memory.view)
        return own % self._packets, other % self._packets

    def _finish(self, packet: int, valid: int) -> None:
        FLAGS.pack_into(self._memory.view, POSITIONS.size + packet * PACKET, valid, 0)
        POSITION.pack_into(self._memory.view, SERVER, (packet + 1) % self._packets)
        self._progress.submit()


class BlackOut(Stream, AudioOutSession):
    """Plays at the usual pace, to nobody."""

    def __init__(self, beat: Beat, request: SessionRequest) -> None:
        super().__init__(beat, request, PACKETS_OUT, STREAM_OUT)
        self._room = Transmitter()

    def alloc_sigh(self, context: SignalCap | None) -> None:
        self._room.context = context

    def step(self) -> bool:
        packet, behind = self._positions()
        if packet == behind:
            return False
        self._finish(packet, 0)
        self._room.submit()
        return True


class BlackIn(Stream, AudioInSession):
    """Records at the usual pace, and hears nothing."""

    def __init__(self, beat: Beat, request: SessionRequest) -> None:
        super().__init__(beat, request, PACKETS_IN, STREAM_IN)
        self._overrun = Transmitter()

    def overrun_sigh(self, context: SignalCap | None) -> None:
        self._overrun.context = context

    def step(self) -> bool:
        packet, behind = self._positions()
        if (packet + 1) % PACKETS_IN == behind:
            self._overrun.submit()
            return False
        samples = POSITIONS.size + packet * PACKET + FLAGS.size
        self._memory.view[samples:samples + PACKET - FLAGS.size] = bytes(PACKET - FLAGS.size)
        self._finish(packet, 1)
        return True


class BlackPlay(PlaySession):
    def __init__(self, request: SessionRequest) -> None:
        self._memory = RamDataspace(request.account, BUFFER)

    def dataspace(self) -> DataspaceCap:
        return self._memory.cap

    def schedule(self, previous: Window, duration: Duration, samples: int) -> Window:
        return _after(previous, duration)

    def stop(self) -> None:
        """There is nobody to notice the silence."""


class BlackRecord(RecordSession):
    """As much silence as anybody asks for. Its memory is the client's, and has been zero all the time."""

    def __init__(self, request: SessionRequest) -> None:
        self._memory = RamDataspace(request.account, record.BUFFER).seal()
        self._last = Window()

    def dataspace(self) -> DataspaceCap:
        return self._memory.cap

    def record(self, samples: int) -> Window | None:
        self._last = _after(self._last, Duration(samples))
        return self._last

    def record_at(self, window: Window, samples: int) -> None:
        """Silence is the same at all times."""

    def wakeup_sigh(self, context: SignalCap | None) -> None:
        """There never is too little of it."""


def _after(window: Window, duration: int) -> Window:
    """The span of time behind another one."""
    start = window.end & OPAQUE or 1
    return Window(start, start + max(1, duration & OPAQUE) & OPAQUE)
