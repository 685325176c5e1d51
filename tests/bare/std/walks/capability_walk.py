"""Capabilities are made, derived, used and revoked, against a list of all handles that were ever given out."""

from __future__ import annotations

from typing import Literal

from chance import Chance, mix

from bare import Array, Err, Ok, Struct, range, u32, u64, zeroed
from bare.std.capability import CapabilityTable, Handle, Refusal


class Given(Struct):
    handle: Handle
    alive: bool
    object: u32
    rights: u32
    parent: u64                         # in the list; 64 is none


def walk(seed: u64, steps: u64) -> u64:
    chance = Chance(seed)
    table = zeroed(CapabilityTable[Literal[12]])
    given = zeroed(Array[Given, Literal[64]])
    count = u64(0)
    digest = u64(0)
    for _ in range(steps):
        if count < 64 and chance.below(u64(2)) == 0:
            made = given[count]
            made.object = u32(chance.below(u64(1000)))
            made.parent = u64(64)
            made.rights = u32(chance.below(u64(8)))
            if count > 0 and chance.below(u64(2)) == 0:
                made.parent = chance.below(count)
                made.object = given[made.parent].object
            if fill(table, given, made):
                count += 1
        elif count > 0:
            victim = chance.below(count)
            match table.revoke(given[victim].handle):
                case Ok(number):
                    assert given[victim].alive, "a dead one is not revoked again"
                    assert bury(given, count, victim) == number, "all descendants go"
                    digest = mix(digest, number)
                case Err(refusal):
                    assert not given[victim].alive and refusal == Refusal.UNKNOWN, "a live one can be revoked"
        digest = mix(digest, check(table, given, count))
    return digest


def fill(table: CapabilityTable[Literal[12]], given: Array[Given, Literal[64]], made: Given) -> bool:
    """Make what was drawn; False if it is refused, for the right reason."""
    if made.parent == 64:
        match table.insert(made.object, made.rights):
            case Ok(handle):
                made.handle = handle
            case Err(refusal):
                assert refusal == Refusal.FULL and table.used == 12, "there was room"
                return False
    else:
        source = given[made.parent]
        match table.derive(source.handle, made.rights):
            case Ok(derived):
                assert source.alive and made.rights & source.rights == made.rights, "rights do not grow"
                made.handle = derived
            case Err(reason):
                if reason == Refusal.UNKNOWN:
                    assert not source.alive, "the source is known"
                elif reason == Refusal.RIGHTS:
                    assert made.rights & source.rights != made.rights, "fewer rights are granted"
                else:
                    assert table.used == 12, "there was room"
                return False
    made.alive = True
    return True


def bury(given: Array[Given, Literal[64]], count: u64, first: u64) -> u64:
    """Mark one and all its descendants, which come later in the list."""
    given[first].alive = False
    number = u64(1)
    for at in range(first + 1, count):
        parent = given[at].parent
        if given[at].alive and parent != 64 and parent >= first and not given[parent].alive:
            given[at].alive = False
            number += 1
    return number


def check(table: CapabilityTable[Literal[12]], given: Array[Given, Literal[64]], count: u64) -> u64:
    alive = u64(0)
    for at in range(count):
        entry = given[at]
        match table.lookup(entry.handle, entry.rights):
            case Ok(object):
                assert entry.alive and object == entry.object, "a handle leads to its object"
                alive += 1
            case Err(_):
                assert not entry.alive, "a live handle is known"
    assert table.used == alive, "the books"
    return alive
