"""Packets of 1,500 bytes from one component to another and back, used where they lie, on one processor and on two."""

from __future__ import annotations

import os

from bastide.base.value import Bytes
from bench.harness.figure import Figure
from bench.harness.system import Start, check_placement, listen, scenario

ROUNDS, BATCHES, COUNT = 40, 10, 2000
REACH = 1 / 0.7


def measure() -> tuple[Figure, ...]:
    """Microseconds per packet."""
    figures = [_measure("packets", apart=False)]
    own = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, range(os.cpu_count() or 1))
        if len(os.sched_getaffinity(0)) > 1:
            figures.append(_measure("packets, several processors", apart=True))
    finally:
        os.sched_setaffinity(0, own)
    return tuple(figures)


def _measure(name: str, *, apart: bool) -> Figure:
    config = {"rounds": ROUNDS, "batches": BATCHES, "count": COUNT, "size": 1500, "buffer": Bytes("2M")}
    system = scenario("packets", [
        Start("stream_sink", provides=("Stream_bench",), ram="8M"),
        Start("stream_source", uses={"Stream_bench": "stream_sink"}, ram="8M", config=config)])
    best: list[float] = []

    def heard(label: str, text: str) -> bool:
        word, *further = text.split()
        if word == "samples":
            best.append(min(map(float, further[1:])))
        elif word == "turn" and not apart:
            check_placement()
        return word == "done"

    listen(system, heard)
    return Figure(name, "us", tuple(best), REACH, "0.7 million per second",
                  note=f"each is allocated, written to, submitted, looked at, acknowledged and released; best of each "
                       f"{BATCHES} batches of {COUNT}. Genode's C++: 0.72")
