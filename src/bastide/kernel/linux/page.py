"""The memory that the two ends of a channel share: one page.

A channel leads from one component, the *holder*, to one entrypoint of another, the *owner*. It carries calls, one
request and one reply at a time, or signals: a counter for each context that the holder submits to, and the handle that
says which context it is. Each word is written by one end only. Nothing in here is trusted by either end: what is read
is copied first and checked then.

The memory is sealed against growing and shrinking, so neither end can make the other fault.
"""

from __future__ import annotations

from bastide.kernel.linux.seal import HANDLE_BYTES

CHANNEL_BYTES = 4096

# Places in the array of 32-bit words at the start. Calls, holder:
REQUEST_NUMBER, REQUEST_SIZE = 0, 1
SENDER = 2      # two words: who has vouched for the target, if that is a voucher
# owner:
REPLY_NUMBER, REPLY_SIZE = 16, 17
# Signals, holder:
SIGNALS, SLOTS = 0, 1
# owner:
SIGNALS_SEEN = 16

HEAD = 128
"""Bytes of these words, those of each end in a line of the processor's cache."""

REQUEST = HEAD
MESSAGE = (CHANNEL_BYTES - HEAD) // 2
"""Bytes for a request (with its target) or a reply, each with the handles that go along."""
REPLY = REQUEST + MESSAGE

MAX_SLOTS = (CHANNEL_BYTES - HEAD) // (4 + HANDLE_BYTES)
"""Contexts of one channel. Who submits to more of one entrypoint gets further channels."""
COUNTERS = HEAD
CONTEXTS = COUNTERS + 4 * MAX_SLOTS

WORD = 0xFFFF_FFFF

# A size word: bytes of the message, number of handles at its end, and, in a reply, how the call went.
SIZE_MASK, CAPS_SHIFT, CAPS_MASK, STATUS_SHIFT = 0xFFFF, 16, 0xFF, 24
OK, NO_OBJECT, FAILED, ILLEGAL = range(4)


def ring_of(channel: int) -> int:
    """The byte that rings for a channel. It is a hint where to look, so channels may share one. 0 is core's."""
    return 1 + channel % 255
