"""Play: one channel of sound that a component makes, as samples in memory that it shares with the mixer.

Stereo takes two sessions, labelled `left` and `right`. One of them schedules a window of time, and both put their
samples for it into their buffers, so that they stay together.
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct

from bastide.base import DataspaceCap, Duration, Session, rpc

SLOTS, SAMPLES, LARGEST = 20, 8192, 4095
"""Windows and samples that the buffer holds, and samples of one window at most."""

SLOT = Struct("<IIIIII")
"""`acquired`, start and end of the window, index of the first sample, their number, `committed`. As long as the two
counters differ, the client is writing."""

BUFFER = SLOTS * SLOT.size + SAMPLES * 4
"""Bytes: the slots, then the samples, 32-bit numbers from -1.0 to 1.0, in a ring."""


@dataclass(frozen=True)
class Window:
    """A span of time that only the server understands. Zeroes: none yet, a stream begins."""

    start: int = 0
    end: int = 0


class PlaySession(Session):
    service, ram_quota, cap_quota = "Play", "40K", 3

    @rpc
    def dataspace(self) -> DataspaceCap:
        """The buffer, which the client fills."""
        ...

    @rpc
    def schedule(self, previous: Window, duration: Duration, samples: int) -> Window:
        """The window that follows `previous`. `duration` counts at the start of a stream; later it is seen from when
        the client calls."""
        ...

    @rpc
    def stop(self) -> None:
        """End of the stream: what follows is a pause, and no delay."""
