"""The holder's end of a channel: calls, or signals, to one entrypoint of another component.

A call costs four system calls on both sides together, as many as a ping-pong over a socket: the holder writes its
request to the page and a byte to the doorbell of the entrypoint, then reads a byte from the channel's own reply pipe.
When the owner dies, the last writer of that pipe is gone, and the read ends instead of blocking for ever.
"""

from __future__ import annotations

import os
import select
from threading import Lock

from bastide.kernel.interface import MESSAGE_BYTES, MESSAGE_CAPS, IpcError
from bastide.kernel.linux import page
from bastide.kernel.linux.memory import Mapping
from bastide.kernel.linux.page import COUNTERS, MAX_SLOTS, MESSAGE, REPLY, REPLY_NUMBER, REQUEST, SENDER, WORD
from bastide.kernel.linux.seal import HANDLE_BYTES

_REASONS = {
    page.NO_OBJECT: "no such object: it is gone, or it is not yours",
    page.FAILED: "the server failed to serve the call; its log says why",
    page.ILLEGAL: f"the server's reply was beyond {MESSAGE_BYTES} bytes or {MESSAGE_CAPS} capabilities, or held one "
                  "that it does not have",
}
_NONSENSE = "the server's reply makes no sense"


class Channel:
    """For calls."""

    def __init__(self, number: int, entrypoint: int, owner: int, mapping: Mapping, reply: int, doorbell: int) -> None:
        self.number, self.entrypoint, self.owner = number, entrypoint, owner
        self._mapping, self._reply, self._doorbell = mapping, reply, doorbell
        self._memory = mapping.view
        self._words = mapping.view[:page.HEAD].cast("I")
        self._ring = bytes([page.ring_of(number)])
        self._request_number = 0
        self._calling = Lock()
        self._gone = False

    def call(self, target: bytes, request: bytes, handles: bytes = b"", sender: int = 0) -> tuple[bytes, int]:
        """The reply, and how many handles it ends with. Raises IpcError.

        `target` is a handle, or the voucher of the domain `sender`.
        """
        body = target + request + handles
        size = len(body)
        if size > MESSAGE:
            raise IpcError(f"a request of {len(request)} bytes is too large")
        try:
            with self._calling:
                if self._reply < 0:
                    raise IpcError("the server is gone")
                words, memory = self._words, self._memory
                memory[REQUEST:REQUEST + size] = body
                words[1] = size | len(handles) // HANDLE_BYTES << 16 if handles else size
                if sender:
                    words[SENDER], words[SENDER + 1] = sender & WORD, sender >> 32
                number = self._request_number = self._request_number + 1 & WORD
                words[0] = number               # last, for the owner may look at any time
                try:
                    os.write(self._doorbell, self._ring)
                except BlockingIOError:
                    self._insist()
                except BrokenPipeError:
                    raise IpcError("the server is gone") from None
                while True:
                    if not os.read(self._reply, 16):
                        raise IpcError("the server died during the call")
                    if words[REPLY_NUMBER] == number:
                        break                   # otherwise the owner rang without a reason
                answer = words[17]
                size, status = answer & 0xFFFF, answer >> 24
                if status == page.OK and size <= MESSAGE:
                    return memory[REPLY:REPLY + size].tobytes(), answer >> 16 & 0xFF
                raise IpcError(_REASONS.get(status, _NONSENSE))
        finally:
            if self._gone:
                self.close()

    def close(self) -> None:
        """Give up the channel. A call in progress ends when the owner lets it, and releases the channel then."""
        self._gone = True
        if self._calling.acquire(blocking=False):
            try:
                if self._reply >= 0:
                    os.close(self._reply)
                    os.close(self._doorbell)
                    self._reply = self._doorbell = -1
                    self._mapping.unmap()
            finally:
                self._calling.release()

    def _insist(self) -> None:
        """Ring although the doorbell is full. Whoever keeps it full can't keep the owner from looking: it then looks
        everywhere. So it may also be the reply that comes first."""
        poll = select.poll()
        poll.register(self._doorbell, select.POLLOUT)
        poll.register(self._reply, select.POLLIN)
        while True:
            ready = [descriptor for descriptor, _ in poll.poll()]
            if self._reply in ready:
                return
            try:
                os.write(self._doorbell, self._ring)
                return
            except BlockingIOError:
                continue
            except BrokenPipeError:
                raise IpcError("the server is gone") from None


class SignalChannel:
    """For signals. Contexts are given slots as they come; a slot is used again when the owner has seen them all."""

    def __init__(self, number: int, entrypoint: int, owner: int, mapping: Mapping, doorbell: int) -> None:
        self.number, self.entrypoint, self.owner = number, entrypoint, owner
        self._mapping, self._doorbell = mapping, doorbell
        self._memory = mapping.view
        self._words = mapping.view[:page.HEAD].cast("I")
        self._counters = mapping.view[COUNTERS:COUNTERS + 4 * MAX_SLOTS].cast("I")
        self._ring = bytes([page.ring_of(number)])
        self._slots: dict[bytes, int] = {}
        self._signalling = Lock()

    def submit(self, context: bytes, count: int) -> bool:
        """False if all slots are taken. Never blocks: if the doorbell is full, the owner looks everywhere anyway."""
        with self._signalling:
            if self._doorbell < 0:
                return True             # nobody is there to hear it
            slot = self._slots.get(context)
            if slot is None and (slot := self._assign(context)) is None:
                return False
            self._counters[slot] = self._counters[slot] + count & WORD
            self._words[page.SIGNALS] = self._words[page.SIGNALS] + 1 & WORD
            try:  # noqa: SIM105  # each signal comes along here, and `suppress` would cost a quarter of a microsecond
                os.write(self._doorbell, self._ring)
            except (BlockingIOError, BrokenPipeError):
                pass
            return True

    def close(self) -> None:
        """Give up the channel."""
        with self._signalling:
            if self._doorbell >= 0:
                os.close(self._doorbell)
                self._doorbell = -1
                self._mapping.unmap()

    def _assign(self, context: bytes) -> int | None:
        words = self._words
        slot = len(self._slots)
        if slot == MAX_SLOTS:
            if words[page.SIGNALS_SEEN] != words[page.SIGNALS]:
                return None
            self._slots.clear()
            slot = 0
        at = page.CONTEXTS + slot * HANDLE_BYTES
        self._memory[at:at + HANDLE_BYTES] = context
        self._slots[context] = slot
        words[page.SLOTS] = max(words[page.SLOTS], slot + 1)
        return slot
