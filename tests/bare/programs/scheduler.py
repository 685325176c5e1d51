"""Three threads that take turns of their own accord, on stacks of their own, by priority and then in order."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from bare import Array, align, entry, export, range, u32, u64, utf8, zeroed
from bare.std import board
from bare.std.console import write, write_byte, write_line
from bare.std.panic import on_panic as on_panic
from bare.std.ready import ReadyQueue

THREADS: Final = 3
TURNS: Final = 3
MAIN: Final = 3

stacks: Annotated[Array[Array[u64, Literal[1024]], Literal[3]], align(16)] = zeroed(
    Array[Array[u64, Literal[1024]], Literal[3]])
contexts = zeroed(Array[board.Context, Literal[4]])
ready = zeroed(ReadyQueue[Literal[4]])
running = u32(MAIN)


def go_on_with(following: u32) -> None:
    global running
    leaving = running
    running = following
    board.switch(contexts[u64(leaving)], contexts[u64(following)])


def give_way(priority: u64) -> None:
    """Back into the queue, and on with the next."""
    ready.enqueue(running, priority)
    following = ready.take()
    assert following is not None, "who gives way is in the queue"
    go_on_with(following)


@export("bare_thread")
def thread(number: u64) -> None:
    for _ in range(TURNS):
        write_byte(97 + number)
        give_way(u64(2) if number == 2 else u64(1))
    following = ready.take()
    go_on_with(u32(MAIN) if following is None else following)


@entry
def main() -> None:
    for number in range(THREADS):
        board.prepare(contexts[number], stacks[number][:], number)
        ready.enqueue(u32(number), u64(2) if number == 2 else u64(1))
    write(utf8("turns: "))
    first = ready.take()
    assert first is not None, "threads are ready"
    go_on_with(first)
    write_line(utf8(" done"))
