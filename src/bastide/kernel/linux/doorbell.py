"""The pipe by which others make a gate look at its channels, and how the gate waits for it.

Nobody who rings waits, and a pipe that is full says all there is to say. What the bytes mean, the gate knows.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
from contextlib import suppress
from struct import Struct
from threading import RLock
from time import monotonic_ns

RINGS = 256
"""Bytes taken at once. As many may mean that more were dropped."""

_COARSE = 2000
"""Microseconds before a time that are waited for exactly, which takes four times as long as the coarse way."""

_POLL, _TIMESPEC = Struct("@ihh"), Struct("@qq")
_libc = ctypes.CDLL(None)
_libc.ppoll.argtypes = (ctypes.c_void_p, ctypes.c_ulong, ctypes.c_char_p, ctypes.c_void_p)


class Doorbell:
    """Takes over both ends of the pipe: one to hear at, and one of its own to ring with."""

    def __init__(self, hear: int, bell: int) -> None:
        self.hear, self._bell = hear, bell
        self._poll = select.poll()
        self._poll.register(hear, select.POLLIN)
        self._waited, self._address = bytearray(_POLL.size), 0
        self._ringing = RLock()         # the bell is not closed while it is rung; signal handlers ring it, too

    def ring(self) -> None:
        """From within. Callable from any thread."""
        with self._ringing, suppress(BlockingIOError):      # whoever reads a full doorbell looks everywhere
            if self._bell >= 0:
                os.write(self._bell, b"\0")

    def ring_for_signals(self, wanted: bool) -> None:
        """Have signals of the host ring, in the main thread.

        Their handlers run between two instructions of Python. One that arrives when the thread is about to wait, or in
        another thread, would have to wait until somebody rings.
        """
        signal.set_wakeup_fd(self._bell if wanted else -1, warn_on_full_buffer=False)

    def take(self) -> bytes:
        """Wait; all that was rung."""
        return os.read(self.hear, RINGS)

    def rung(self, milliseconds: int = 0) -> bool:
        """Whether somebody has rung, or does within that time."""
        return bool(self._poll.poll(milliseconds))

    def rung_before(self, time: int) -> bool:
        """Whether somebody rings before a time in microseconds, or has rung, unless that time has come."""
        left = time - monotonic_ns() // 1000
        if left >= _COARSE:
            if self._poll.poll((left - _COARSE) // 1000):
                return True
            left = time - monotonic_ns() // 1000
        return left > 0 and self._rung_within(left)

    def close(self) -> None:
        os.close(self.hear)
        with self._ringing:                 # other threads may have a reason to ring yet
            os.close(self._bell)
            self._bell = -1

    def _rung_within(self, microseconds: int) -> bool:
        """Wait by `ppoll`: Python's `poll` rounds to milliseconds, and `select` knows no descriptor beyond 1023."""
        if not self._address:           # most components never need it
            self._address = ctypes.addressof(ctypes.c_char.from_buffer(self._waited))
        self._waited[:] = _POLL.pack(self.hear, select.POLLIN, 0)
        time = _TIMESPEC.pack(microseconds // 1_000_000, microseconds % 1_000_000 * 1000)
        return bool(_libc.ppoll(self._address, 1, time, None) > 0)
