"""Threads come and go in the ready queue, against a search for the highest priority and the earliest ticket."""

from __future__ import annotations

from typing import Literal

from chance import Chance, mix

from bare import Array, Struct, range, u32, u64, zeroed
from bare.std.ready import ReadyQueue


class Waiting(Struct):
    here: bool
    priority: u64
    ticket: u64                         # the lower, the earlier


def walk(seed: u64, steps: u64) -> u64:
    chance = Chance(seed)
    queue = zeroed(ReadyQueue[Literal[16]])
    model = zeroed(Array[Waiting, Literal[16]])
    back = u64(1 << 32)
    front = u64(1 << 32)
    digest = u64(0)
    for _ in range(steps):
        thread = chance.below(u64(16))
        entry = model[thread]
        choice = chance.below(u64(5))
        if choice == 0:
            expected = best(model)
            taken = queue.take()
            if taken is None:
                assert expected == 16, "somebody waits"
            else:
                assert u64(taken) == expected, "the best is taken"
                model[expected].here = False
            digest = mix(digest, expected)
        elif entry.here:
            if choice == 1:
                queue.remove(u32(thread), entry.priority)
                entry.here = False
        else:
            entry.here = True
            entry.priority = chance.below(u64(4)) * 21
            if choice == 2:
                front -= 1
                entry.ticket = front
                queue.enqueue_first(u32(thread), entry.priority)
            else:
                back += 1
                entry.ticket = back
                queue.enqueue(u32(thread), entry.priority)
        check_counts(queue, model)
    return digest


def best(model: Array[Waiting, Literal[16]]) -> u64:
    """The thread that is next, or 16."""
    found = u64(16)
    for number in range(16):
        entry = model[number]
        if entry.here and (found == 16 or entry.priority > model[found].priority
                           or (entry.priority == model[found].priority and entry.ticket < model[found].ticket)):
            found = number
    return found


def check_counts(queue: ReadyQueue[Literal[16]], model: Array[Waiting, Literal[16]]) -> None:
    for priority in range(64):
        count = u64(0)
        for entry in model:
            if entry.here and entry.priority == priority:
                count += 1
        assert queue.queues[priority].length == count, "length"
        assert queue.waiting >> priority & 1 == (u64(1) if count > 0 else u64(0)), "the bit of a priority"
