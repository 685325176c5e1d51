"""What a gate knows of each channel that leads to it, and of each object and context that it serves.

An authentic handle is looked up only once: the channel that showed it remembers what it names, and that remembers who
remembers it, so that both can be forgotten. A voucher is remembered as well, but only one, and only until the handle
comes: else whoever gets vouchers from many friends could fill our memory with them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from bastide.kernel.interface import Deliver, Dispatch
from bastide.kernel.linux import page
from bastide.kernel.linux.memory import Mapping
from bastide.kernel.linux.page import COUNTERS, MAX_SLOTS
from bastide.kernel.linux.seal import vouched


@dataclass(eq=False, slots=True)
class Object:
    dispatch: Dispatch
    known: dict[Calls, bytes] = field(default_factory=dict)


@dataclass(eq=False, slots=True)
class Context:
    deliver: Deliver
    io: bool
    known: dict[Signals, bytes] = field(default_factory=dict)


class Incoming:
    """The end of a channel at which things arrive."""

    __slots__ = ("holder", "mapping", "memory", "number", "seen", "words")

    def __init__(self, number: int, holder: int, mapping: Mapping) -> None:
        self.number, self.holder, self.mapping = number, holder, mapping
        self.memory = mapping.view
        self.words = mapping.view[:page.HEAD].cast("I")
        self.seen = 0                           # number of what was looked at last, by the holder's count

    @property
    def sender(self) -> int:
        """The domain that has vouched for the target, as the holder says."""
        return self.words[page.SENDER] | self.words[page.SENDER + 1] << 32


class Calls(Incoming):
    __slots__ = ("objects", "reply")

    def __init__(self, number: int, holder: int, mapping: Mapping, reply: int) -> None:
        super().__init__(number, holder, mapping)
        self.reply = reply
        self.objects: dict[bytes, Object] = {}     # handles that were proven to be the holder's

    def remember(self, shown: bytes, target: Object) -> None:
        known = target.known.get(self)
        if known is not None:
            if vouched(shown):
                return
            del self.objects[known]
        self.objects[shown] = target
        target.known[self] = shown


class Signals(Incoming):
    __slots__ = ("contexts", "counters", "last")

    def __init__(self, number: int, holder: int, mapping: Mapping) -> None:
        super().__init__(number, holder, mapping)
        self.counters = mapping.view[COUNTERS:COUNTERS + 4 * MAX_SLOTS].cast("I")
        self.last: list[int] = []                   # counters as they were when they were looked at
        self.contexts: dict[bytes, Context] = {}   # handles that were proven to be the holder's
