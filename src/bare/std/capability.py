"""A table of capabilities: unforgeable handles to a kernel's objects, with rights that can only shrink.

A handle names a slot and the generation of what is in it. When a slot is emptied its generation grows, so that old
handles name nothing; a slot whose generations are used up is never used again. `N` is the number of slots.
"""

from __future__ import annotations

from typing import Final, Generic, TypeVar

from bare import Array, Bits, Enum, Err, Ok, Result, Struct, bits, len, range, u32, u64

N = TypeVar("N", bound=int)

LAST_GENERATION: Final = 0xFFFFFFFF


class Handle(Bits[u64]):
    """What the holder has. The generation is never 0 for a handle that was given out, so 0 is no handle."""

    index = bits(0, 32)
    generation = bits(32, 32)


class Refusal(Enum):
    """Why there is no answer to a handle."""

    UNKNOWN = 0                         # never given out, or revoked
    RIGHTS = 1                          # known, but without the rights that were asked for
    FULL = 2                            # the table has no slot left


class Slot(Struct):
    generation: u32                     # of the present or the next capability in this slot, less one
    object: u32
    rights: u32
    parent: u32 | None                  # the slot that this was derived from
    used: bool


class CapabilityTable(Struct, Generic[N]):
    slots: Array[Slot, N]
    used: u64

    def insert(self, object: u32, rights: u32) -> Result[Handle, Refusal]:
        """A capability for an object of the caller's."""
        return self._fill(object, rights, None)

    def derive(self, handle: Handle, rights: u32) -> Result[Handle, Refusal]:
        """Another capability for the same object, with no more rights; it dies with the one that it came from."""
        match self.lookup(handle, rights):
            case Err(refusal):
                return Err(refusal)
            case Ok(object):
                return self._fill(object, rights, u32(handle.index))

    def lookup(self, handle: Handle, rights: u32) -> Result[u32, Refusal]:
        """The object of a handle that has at least these rights."""
        if not self.knows(handle):
            return Err(Refusal.UNKNOWN)
        slot = self.slots[handle.index]
        if slot.rights & rights != rights:
            return Err(Refusal.RIGHTS)
        return Ok(slot.object)

    def knows(self, handle: Handle) -> bool:
        if handle.index >= len(self.slots):
            return False
        slot = self.slots[handle.index]
        return slot.used and u64(slot.generation) + 1 == handle.generation

    def revoke(self, handle: Handle) -> Result[u64, Refusal]:
        """Remove a capability and all that were derived from it, however indirectly; the result is their number."""
        if not self.knows(handle):
            return Err(Refusal.UNKNOWN)
        self._empty(handle.index)
        removed = u64(1)
        # Each round removes the next level of descendants. Slots are few, and rounds as many as levels are deep.
        found = True
        while found:
            found = False
            for at in range(len(self.slots)):
                parent = self.slots[at].parent
                if self.slots[at].used and parent is not None and not self.slots[u64(parent)].used:
                    self._empty(at)
                    removed += 1
                    found = True
        return Ok(removed)

    def _fill(self, object: u32, rights: u32, parent: u32 | None) -> Result[Handle, Refusal]:
        for at in range(len(self.slots)):
            slot = self.slots[at]
            if not slot.used and slot.generation != LAST_GENERATION:
                slot.object = object
                slot.rights = rights
                slot.parent = parent
                slot.used = True
                self.used += 1
                return Ok(Handle(u64(0)).set(index=at, generation=u64(slot.generation) + 1))
        return Err(Refusal.FULL)

    def _empty(self, at: u64) -> None:
        slot = self.slots[at]
        slot.used = False
        slot.parent = None
        slot.generation += 1
        self.used -= 1
