"""Page tables of x86_64, aarch64 and riscv64 with one walker: what differs between them is a table of numbers.

All three have tables of 512 entries of 8 bytes, pages of 4 KiB, and leaves at higher levels that map 2 MiB or 1 GiB.
The tables of an address space come from a `PageTables`, which the program owns and whose physical address it knows; the
walker only follows entries that lead back into it. `N` is the number of tables. Nothing here touches the processor.
"""

from __future__ import annotations

from typing import Final, Generic, Literal, TypeVar

from bare import Array, Bits, Enum, Err, Ok, PhysAddr, Result, Struct, VirtAddr, bit, bits, len, range, u32, u64

N = TypeVar("N", bound=int)

ENTRIES: Final = 512
PAGE: Final = 4096


class Access(Bits[u64]):
    """What a mapping allows; reading always."""

    write = bit(0)
    execute = bit(1)
    user = bit(2)
    device = bit(3)                     # neither cached nor reordered


class Switch(Struct):
    """How entries say one thing: of the bits in `mask`, those in `on` are set if it is so, else the others."""

    mask: u64
    on: u64

    def bits(self, enabled: bool) -> u64:
        if enabled:
            return self.on
        return self.mask & ~self.on

    def enabled(self, entry: u64) -> bool:
        return self.mask != 0 and entry & self.mask == self.on


class PageFormat(Struct):
    """An architecture's entries."""

    levels: u64
    width: u64                          # bits of a virtual address
    upper_half: bool                    # addresses whose upper bits repeat the highest of the width are valid, too
    present: u64                        # the bit that all valid entries have
    table: u64                          # further bits of an entry that leads to a table
    block: u64                          # ... of a leaf above the lowest level
    page: u64                           # ... of a leaf at the lowest level
    leaf: u64                           # an entry above the lowest level is a leaf if, of these bits,
    leaf_on: u64                        # exactly these are set
    address: u64                        # where the physical address is in an entry, shifted right by
    shift: u64
    write: Switch
    execute: Switch
    user: Switch
    device: Switch

    def entry(self, physical: PhysAddr, level: u64, access: Access) -> u64:
        """A leaf."""
        kind = self.page if level == 0 else self.block
        return (self.present | kind | u64(physical) >> self.shift & self.address | self.write.bits(access.write)
                | self.execute.bits(access.execute) | self.user.bits(access.user) | self.device.bits(access.device))

    def table_entry(self, physical: PhysAddr) -> u64:
        return self.present | self.table | u64(physical) >> self.shift & self.address

    def is_leaf(self, entry: u64, level: u64) -> bool:
        return level == 0 or entry & self.leaf == self.leaf_on

    def physical(self, entry: u64) -> PhysAddr:
        return PhysAddr((entry & self.address) << self.shift)

    def access(self, entry: u64) -> Access:
        return Access(u64(0)).set(write=self.write.enabled(entry), execute=self.execute.enabled(entry),
                                  user=self.user.enabled(entry), device=self.device.enabled(entry))

    def valid(self, address: VirtAddr) -> bool:
        """Can the processor translate such an address at all?"""
        if u64(address) >> self.width - 1 == 0:
            return True
        if self.upper_half:
            return u64(address) >> self.width - 1 == (u64(1) << 65 - self.width) - 1
        return u64(address) >> self.width == 0


def x86_64_format() -> PageFormat:
    """Four levels (Intel SDM volume 3, section 4.5). No-execute needs EFER.NXE, which the start-up code sets."""
    return PageFormat(
        levels=u64(4), width=u64(48), upper_half=True, present=u64(1), table=u64(6), block=u64(1 << 7), page=u64(0),
        leaf=u64(1 << 7), leaf_on=u64(1 << 7), address=u64(0x000FFFFFFFFFF000), shift=u64(0),
        write=Switch(u64(2), u64(2)), execute=Switch(u64(1 << 63), u64(0)), user=Switch(u64(4), u64(4)),
        device=Switch(u64(0x18), u64(0x18)))


def aarch64_format() -> PageFormat:
    """Four levels, 4 KiB granule, lower range (Arm ARM, section D8.3); device memory is attribute 1, normal 0."""
    return PageFormat(
        levels=u64(4), width=u64(48), upper_half=False, present=u64(1), table=u64(2), block=u64(0x700),
        page=u64(0x702), leaf=u64(2), leaf_on=u64(0), address=u64(0x0000FFFFFFFFF000), shift=u64(0),
        write=Switch(u64(1 << 7), u64(0)), execute=Switch(u64(3 << 53), u64(0)), user=Switch(u64(1 << 6), u64(1 << 6)),
        device=Switch(u64(7 << 2), u64(1 << 2)))


def riscv64_format() -> PageFormat:
    """Sv39, three levels (privileged specification, section 12.4); accessed and dirty are set in advance."""
    return PageFormat(
        levels=u64(3), width=u64(39), upper_half=True, present=u64(1), table=u64(0), block=u64(0xC2), page=u64(0xC2),
        leaf=u64(2), leaf_on=u64(2), address=u64(0x003FFFFFFFFFFC00), shift=u64(2),
        write=Switch(u64(4), u64(4)), execute=Switch(u64(8), u64(8)), user=Switch(u64(16), u64(16)),
        device=Switch(u64(0), u64(0)))


class Fault(Enum):
    """Why a mapping can't be made or found."""

    ADDRESS = 0                         # no valid virtual address, or one that is not aligned to the size
    MAPPED = 1                          # something is mapped there
    UNMAPPED = 2                        # nothing is mapped there
    TABLES = 3                          # no table is left
    FOREIGN = 4                         # an entry leads out of the tables


class Translation(Bits[u64]):
    """What a virtual address means."""

    access = bits(0, 4)                 # as in Access
    level = bits(4, 2)                  # of its leaf: 0 is 4 KiB, 1 is 2 MiB, 2 is 1 GiB
    frame = bits(12, 52)                # number of the physical page of 4 KiB


class Table(Struct):
    entries: Array[u64, Literal[512]]


class PageTables(Struct, Generic[N]):
    """Tables for address spaces. `zeroed` makes one that has none in use; `base` is where `tables` is in memory."""

    tables: Array[Table, N]             # aligned to PAGE by whoever places it
    present: Array[u32, N]              # how many entries of a table are present
    used: Array[bool, N]
    base: PhysAddr

    def allocate(self) -> u32 | None:
        """An empty table, to be the root of an address space."""
        for at in range(len(self.used)):
            if not self.used[at]:
                self.used[at] = True
                self.present[at] = u32(0)
                for entry in range(ENTRIES):
                    self.tables[at].entries[entry] = u64(0)
                return u32(at)
        return None

    def free(self, root: u32) -> bool:
        """Give back the root of an address space; False if something is mapped in it."""
        if not self.used[u64(root)] or self.present[u64(root)] != 0:
            return False
        self.used[u64(root)] = False
        return True

    def address(self, table: u32) -> PhysAddr:
        """Where a table is."""
        return self.base + u64(table) * PAGE

    def map(self, form: PageFormat, root: u32, at: VirtAddr, to: PhysAddr, level: u64,
            access: Access) -> Result[u64, Fault]:
        """Map a page of the level's size; the result is that size. A failure leaves nothing behind."""
        size = u64(PAGE) << 9 * level
        if level + 1 >= form.levels or not form.valid(at) or u64(at) % size != 0 or u64(to) % size != 0:
            return Err(Fault.ADDRESS)
        table = u64(root)
        depth = form.levels - 1
        while depth > level:
            index = slot(at, depth)
            entry = self.tables[table].entries[index]
            if entry & form.present == 0:
                below = self.allocate()
                if below is None:
                    self._prune(form, root, at)
                    return Err(Fault.TABLES)
                self._enter(table, index, form.table_entry(self.address(below)))
                table = u64(below)
            elif form.is_leaf(entry, depth):
                return Err(Fault.MAPPED)
            else:
                match self._number(form.physical(entry)):
                    case Ok(number):
                        table = number
                    case Err(fault):
                        return Err(fault)
            depth -= 1
        if self.tables[table].entries[slot(at, level)] & form.present != 0:
            return Err(Fault.MAPPED)
        self._enter(table, slot(at, level), form.entry(to, level, access))
        return Ok(size)

    def find(self, form: PageFormat, root: u32, at: VirtAddr) -> Result[Translation, Fault]:
        """Where an address leads, as the processor would find it."""
        if not form.valid(at):
            return Err(Fault.ADDRESS)
        table = u64(root)
        depth = form.levels
        while depth > 0:
            depth -= 1
            entry = self.tables[table].entries[slot(at, depth)]
            if entry & form.present == 0:
                return Err(Fault.UNMAPPED)
            if form.is_leaf(entry, depth):
                frame = u64(form.physical(entry)) // PAGE + u64(at) % (u64(PAGE) << 9 * depth) // PAGE
                return Ok(Translation(u64(0)).set(access=form.access(entry).raw, level=depth, frame=frame))
            match self._number(form.physical(entry)):
                case Ok(number):
                    table = number
                case Err(fault):
                    return Err(fault)
        return Err(Fault.FOREIGN)

    def unmap(self, form: PageFormat, root: u32, at: VirtAddr) -> Result[u64, Fault]:
        """Remove the page that an address is in, and tables that become empty; the result is the page's size."""
        match self.find(form, root, at):
            case Err(fault):
                return Err(fault)
            case Ok(found):
                level = found.level
        table = u64(root)
        depth = form.levels - 1
        while depth > level:
            match self._number(form.physical(self.tables[table].entries[slot(at, depth)])):
                case Ok(number):
                    table = number
                case Err(fault):
                    return Err(fault)
            depth -= 1
        self._remove(table, slot(at, level))
        self._prune(form, root, at)
        return Ok(u64(PAGE) << 9 * level)

    def _prune(self, form: PageFormat, root: u32, at: VirtAddr) -> None:
        """Free the tables on the way to an address that are empty, from below; the root stays."""
        # Each round goes to the last table on the way and frees it, until one has an entry.
        going = True
        while going:
            going = False
            above = u64(root)
            table = u64(root)
            index = u64(0)
            depth = form.levels - 1
            while depth > 0:
                entry = self.tables[table].entries[slot(at, depth)]
                if entry & form.present == 0 or form.is_leaf(entry, depth):
                    break
                match self._number(form.physical(entry)):
                    case Ok(number):
                        above = table
                        index = slot(at, depth)
                        table = number
                    case Err(_):
                        break
                depth -= 1
            if table != u64(root) and self.present[table] == 0:
                self._remove(above, index)
                self.used[table] = False
                going = True

    def _enter(self, table: u64, index: u64, entry: u64) -> None:
        self.tables[table].entries[index] = entry
        self.present[table] += 1

    def _remove(self, table: u64, index: u64) -> None:
        self.tables[table].entries[index] = u64(0)
        self.present[table] -= 1

    def _number(self, physical: PhysAddr) -> Result[u64, Fault]:
        """Which table is at an address."""
        if physical < self.base:
            return Err(Fault.FOREIGN)
        number = (physical - self.base) // PAGE
        if number >= len(self.used) or not self.used[number]:
            return Err(Fault.FOREIGN)
        return Ok(number)


def slot(at: VirtAddr, level: u64) -> u64:
    """The index of an address in a table of a level."""
    return u64(at) >> 12 + 9 * level & 511
