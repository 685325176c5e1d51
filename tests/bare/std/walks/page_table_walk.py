"""Pages of three sizes are mapped and unmapped in all three formats, against a list of what is where."""

from __future__ import annotations

from typing import Final, Literal

from chance import Chance, mix

from bare import Array, Err, Ok, PhysAddr, Struct, VirtAddr, range, u32, u64, zeroed
from bare.std.page_table import (
    PAGE,
    Access,
    Fault,
    PageFormat,
    PageTables,
    aarch64_format,
    riscv64_format,
    x86_64_format,
)

BASE: Final = 0x40000000                # of the tables
REGION: Final = 0x3F80000000            # the last two GiB of what Sv39 reaches from below
PLACES: Final = 24


class Mapping(Struct):
    here: bool
    at: u64
    size: u64
    to: u64
    level: u64
    access: Access


def walk(seed: u64, steps: u64) -> u64:
    digest = walk_format(x86_64_format(), seed, steps, True)
    digest = mix(digest, walk_format(aarch64_format(), seed, steps, True))
    return mix(digest, walk_format(riscv64_format(), seed, steps, False))


def walk_format(form: PageFormat, seed: u64, steps: u64, devices: bool) -> u64:
    chance = Chance(seed)
    tables = zeroed(PageTables[Literal[8]])
    tables.base = PhysAddr(u64(BASE))
    model = zeroed(Array[Mapping, Literal[24]])
    root = tables.allocate()
    assert root is not None, "an empty set of tables has one"
    digest = u64(0)
    for _ in range(steps):
        entry = model[chance.below(u64(PLACES))]
        if entry.here:
            match tables.unmap(form, root, VirtAddr(entry.at + chance.below(entry.size))):
                case Ok(size):
                    assert size == entry.size, "the size of what was mapped"
                case Err(_):
                    assert False, "it is mapped"
            entry.here = False
        else:
            draw(entry, chance, devices)
            match tables.map(form, root, VirtAddr(entry.at), PhysAddr(entry.to), entry.level, entry.access):
                case Ok(mapped):
                    assert not overlaps(model, entry), "nothing was there"
                    assert mapped == entry.size, "the size"
                    entry.here = True
                case Err(fault):
                    assert fault == Fault.TABLES or (fault == Fault.MAPPED and overlaps(model, entry)), "a reason"
                    digest = mix(digest, fault.raw)
        digest = mix(digest, check(tables, form, model, chance))
    for entry in model:
        if entry.here:
            match tables.unmap(form, root, VirtAddr(entry.at)):
                case Ok(_):
                    entry.here = False
                case Err(_):
                    assert False, "it is mapped"
    for at in range(8):
        assert tables.used[at] == (at == u64(root)), "tables that are empty are free"
    assert tables.free(root), "the root is empty"
    return digest


def draw(entry: Mapping, chance: Chance, devices: bool) -> None:
    """One of a few places of each size, so that they meet."""
    entry.level = chance.below(u64(2)) if chance.below(u64(8)) != 0 else u64(1)
    entry.size = u64(PAGE) << 9 * entry.level
    entry.at = u64(REGION) + (chance.below(u64(2)) << 30) + (chance.below(u64(2)) << 21)
    if entry.level == 0:
        entry.at += chance.below(u64(3)) * PAGE
    entry.to = chance.below(u64(1 << 10)) << 30 | chance.below(u64(512)) << 21
    if entry.level == 0:
        entry.to += chance.below(u64(512)) * PAGE
    entry.access = Access(chance.below(u64(16) if devices else u64(8)))


def overlaps(model: Array[Mapping, Literal[24]], entry: Mapping) -> bool:
    for other in model:
        if other.here and other.at < entry.at + entry.size and entry.at < other.at + other.size:
            return True
    return False


def check(tables: PageTables[Literal[8]], form: PageFormat, model: Array[Mapping, Literal[24]], chance: Chance) -> u64:
    """Look at one address, mapped or not."""
    at = u64(REGION) + (chance.below(u64(2)) << 30) + (chance.below(u64(2)) << 21) + chance.below(u64(4 * PAGE))
    match tables.find(form, u32(0), VirtAddr(at)):
        case Ok(found):
            for entry in model:
                if entry.here and entry.at <= at and at < entry.at + entry.size:
                    assert found.level == entry.level and found.access == entry.access.raw, "size and rights"
                    assert found.frame == (entry.to + (at - entry.at)) // PAGE, "the frame"
                    return found.raw
            assert False, "something is mapped where nothing should be"
        case Err(fault):
            for entry in model:
                assert not (entry.here and entry.at <= at and at < entry.at + entry.size), "it is mapped"
            return fault.raw
