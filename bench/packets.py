"""Packets of 1,500 bytes from one component to another and back, used where they lie, on one processor and on two."""

from __future__ import annotations

import os

from bastide.base.value import Bytes
from bench.harness.figure import Figure, NotPossible
from bench.harness.system import Start, in_turns, listen, scenario

ROUNDS, BATCHES, COUNT = 20, 10, 4000
REACH = 1 / 0.7
NOTE = "each is allocated, written to, submitted, looked at, acknowledged and released; Genode's C++: 0.72"


def measure() -> tuple[Figure, ...]:
    """Microseconds per packet."""
    config = {"rounds": ROUNDS, "batches": BATCHES, "count": COUNT, "size": 1500, "buffer": Bytes("2M")}
    system = scenario("packets", [
        Start("stream_sink", provides=("Stream_bench",), ram="8M"),
        Start("stream_source", uses={"Stream_bench": "stream_sink"}, ram="8M", config=config)])
    own, _ = in_turns(system, list)
    figures = [Figure("packets", "us", own["stream"], REACH, "0.7 million per second", note=NOTE)]
    available = os.sched_getaffinity(0)
    samples: list[float] = []

    def heard(label: str, text: str) -> bool:
        word, *further = text.split()
        if word == "samples":
            samples.extend(map(float, further[1:]))
        return word == "done"

    try:
        os.sched_setaffinity(0, range(os.cpu_count() or 1))
        if len(os.sched_getaffinity(0)) < 2:
            raise NotPossible("there is one processor only")
        listen(system, heard)
    finally:
        os.sched_setaffinity(0, available)
    figures.append(Figure("packets, two processors", "us", tuple(samples), REACH, "0.7 million per second", note=NOTE))
    return tuple(figures)
