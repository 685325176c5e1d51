"""Blocks are allocated and released: none overlap, all are aligned, the books agree, and in the end all merge."""

from __future__ import annotations

from typing import Literal

from chance import Chance, mix

from bare import Array, Err, Ok, Struct, range, u32, u64, zeroed
from bare.std.buddy import Buddy, Misuse


class Block(Struct):
    held: bool
    page: u32
    order: u64


def walk(seed: u64, steps: u64) -> u64:
    chance = Chance(seed)
    buddy = zeroed(Buddy[Literal[100]])
    blocks = zeroed(Array[Block, Literal[24]])
    taken = zeroed(Array[bool, Literal[100]])
    give(buddy, u32(0), u64(6))
    give(buddy, u32(64), u64(5))
    give(buddy, u32(96), u64(2))
    digest = u64(0)
    for _ in range(steps):
        block = blocks[chance.below(u64(24))]
        if block.held:
            mark(taken, block, False)
            give(buddy, block.page, block.order)
            block.held = False
            assert refused(buddy, block.page, block.order, Misuse.FREE), "a block is released once"
        else:
            block.order = chance.below(u64(5))
            page = buddy.allocate(block.order)
            if page is None:
                assert not fits(taken, block.order), "what fits is found"
            else:
                block.page = page
                block.held = True
                mark(taken, block, True)
                digest = mix(digest, u64(page))
        count = u64(0)
        for used in taken:
            if not used:
                count += 1
        assert buddy.pages_free == count, "free pages"
    assert refused(buddy, u32(1), u64(1), Misuse.OUTSIDE), "not aligned"
    assert refused(buddy, u32(96), u64(3), Misuse.OUTSIDE), "beyond the end"
    assert refused(buddy, u32(0), u64(40), Misuse.OUTSIDE), "no such order"
    for block in blocks:
        if block.held:
            give(buddy, block.page, block.order)
    assert buddy.free[6].length == 1 and buddy.free[5].length == 1 and buddy.free[2].length == 1, "all merged"
    return digest


def give(buddy: Buddy[Literal[100]], page: u32, order: u64) -> None:
    match buddy.release(page, order):
        case Ok(merged):
            assert merged <= page, "a block merges to one that contains it"
        case Err(_):
            assert False, "the block is ours"


def refused(buddy: Buddy[Literal[100]], page: u32, order: u64, why: Misuse) -> bool:
    match buddy.release(page, order):
        case Ok(_):
            return False
        case Err(reason):
            return reason == why


def mark(taken: Array[bool, Literal[100]], block: Block, used: bool) -> None:
    assert u64(block.page) % (u64(1) << block.order) == 0, "alignment"
    for at in range(u64(block.page), u64(block.page) + (u64(1) << block.order)):
        assert taken[at] != used, "overlap"
        taken[at] = used


def fits(taken: Array[bool, Literal[100]], order: u64) -> bool:
    """Is there an aligned block of free pages?"""
    size = u64(1) << order
    start = u64(0)
    while start + size <= 100:
        free = True
        for at in range(start, start + size):
            if taken[at]:
                free = False
        if free:
            return True
        start += size
    return False
