"""Takes timer interrupts until there were enough."""

from __future__ import annotations

from typing import Final

from bare import Atomic, Order, entry, export, u64, utf8, zeroed
from bare.std import board
from bare.std.console import write_line, write_number
from bare.std.panic import on_panic as on_panic

TICKS: Final = 5

ticks = zeroed(Atomic[u64])


@export("bare_interrupt")
def interrupt(frame: board.Frame) -> None:
    assert board.cause(frame) == board.Cause.TIMER, "only the timer interrupts"
    ticks.fetch_add(u64(1), Order.RELAXED)
    board.acknowledge(frame)


@entry
def main() -> None:
    board.start()
    board.start_timer(u64(200))
    before = board.time_stamp()
    while ticks.load(Order.RELAXED) < TICKS:
        board.wait_for_interrupt()
    assert board.time_stamp() > before, "time goes on"
    write_number(ticks.load(Order.RELAXED))
    write_line(utf8(" ticks"))
