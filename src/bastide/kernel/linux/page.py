"""The memory that the two ends of a channel share.

A channel leads from one component, the *holder*, to one entrypoint of another, the *owner*. The first page carries one
request and one reply at a time; the following ones carry signals: a counter for each context that the holder submits
to, and the handle that says which context it is. Each word is written by one end only. Nothing in here is trusted by
either end: what is read is copied first and checked then.

The memory is sealed against growing and shrinking, so neither end can make the other fault. Pages that are never
touched cost nothing.
"""

from __future__ import annotations

from bastide.kernel.linux.seal import HANDLE_BYTES

# Places in the array of 32-bit words at the start. Holder:
REQUEST_NUMBER, REQUEST_SIZE, SIGNALS, SLOTS = 0, 1, 2, 3
# Owner:
REPLY_NUMBER, REPLY_SIZE, SIGNALS_SEEN = 16, 17, 18

REQUEST = 128
MESSAGE = (4096 - REQUEST) // 2
"""Bytes for a request (with its target) or a reply, each with the handles that go along."""
REPLY = REQUEST + MESSAGE

MAX_SLOTS = 1024
COUNTERS = 4096
CONTEXTS = COUNTERS + 4 * MAX_SLOTS
CHANNEL_BYTES = CONTEXTS + HANDLE_BYTES * MAX_SLOTS

WORD = 0xFFFF_FFFF

# A size word: bytes of the message, number of handles at its end, and, in a reply, how the call went.
SIZE_MASK, CAPS_SHIFT, CAPS_MASK, STATUS_SHIFT = 0xFFFF, 16, 0xFF, 24
OK, NO_OBJECT, FAILED, ILLEGAL = range(4)


def ring_of(channel: int) -> int:
    """The byte that rings for a channel. It is a hint where to look, so channels may share one. 0 is core's."""
    return 1 + channel % 255
