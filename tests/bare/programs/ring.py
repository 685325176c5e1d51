"""The timer's interrupt hands numbers to the main program through a ring that is too small for all at once."""

from __future__ import annotations

from typing import Final, Literal

from bare import entry, export, range, u32, u64, utf8, zeroed
from bare.std import board
from bare.std.console import write, write_line, write_number
from bare.std.panic import on_panic as on_panic
from bare.std.ring import Ring

BURST: Final = 6
TOTAL: Final = 12

ring = zeroed(Ring[u32, Literal[4]])
made = u32(0)
dropped = u64(0)


@export("bare_interrupt")
def interrupt(frame: board.Frame) -> None:
    global made, dropped
    assert board.cause(frame) == board.Cause.TIMER, "only the timer interrupts"
    for _ in range(BURST):
        if ring.put(made):
            made += 1
        else:
            dropped += 1
    board.acknowledge(frame)


@entry
def main() -> None:
    board.start()
    board.start_timer(u64(200))
    expected = u32(0)
    while expected < TOTAL:
        board.wait_for_interrupt()
        while True:
            got = ring.take()
            if got is None:
                break
            assert got == expected, "numbers come in order, each once"
            expected += 1
    write_number(u64(expected))
    write(utf8(" taken, dropped: "))
    write_line(utf8("some") if dropped > 0 else utf8("none"))
