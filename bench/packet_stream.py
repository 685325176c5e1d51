"""Messages copied into a packet stream by one component and out of it by another, against the two copies in C, and
against multiprocessing.Pipe."""

from __future__ import annotations

import multiprocessing
from multiprocessing.connection import Connection
from time import perf_counter

from bastide.base.value import Bytes
from bench.harness.figure import Figure
from bench.harness.program import Program
from bench.harness.system import Start, in_turns, scenario

ROUNDS, BATCHES = 10, 6
SIZES = {Bytes("64K"): (5.0, 200, 16), Bytes("1M"): (3.0, 40, 2)}
"""What is to be reached against C, messages per batch, and how many can be under way."""

PIPE_REACH = 0.4


def measure() -> tuple[Figure, ...]:
    return tuple(figure for size in SIZES for figure in _measure(size))


def _measure(size: Bytes) -> tuple[Figure, ...]:
    reach, count, under_way = SIZES[size]
    peer, pipe = Program("copies"), list[float]()
    config = {"rounds": ROUNDS, "batches": BATCHES, "count": count, "size": int(size), "copy": True,
              "buffer": Bytes(under_way * size)}
    system = scenario("packet_stream", [
        Start("stream_sink", provides=("Stream_bench",), ram="32M"),
        Start("stream_source", uses={"Stream_bench": "stream_sink"}, ram="32M", config=config)])

    def theirs() -> list[float]:
        pipe.extend(_through_pipe(size, count) for _ in range(BATCHES))
        return peer.batches(count, BATCHES, size)

    own, other = in_turns(system, theirs)
    name, note = f"packet-stream, {size}", f"{under_way} under way"
    return (Figure(name, "us", own["stream"], reach, "C: memcpy of the same bytes, twice", other, note),
            Figure(name, "us", own["stream"], PIPE_REACH, "multiprocessing.Pipe", tuple(pipe), note))


def _through_pipe(size: int, count: int) -> float:
    """Microseconds per message, each received by the other process before the next batch begins."""
    context = multiprocessing.get_context("fork")
    near, far = context.Pipe()
    process = context.Process(target=_receive, args=(far, count))
    process.start()
    data = bytes(size)
    near.recv_bytes()
    begin = perf_counter()
    for _ in range(count):
        near.send_bytes(data)
    near.recv_bytes()
    duration = perf_counter() - begin
    process.join()
    return duration / count * 1e6


def _receive(end: Connection, count: int) -> None:
    end.send_bytes(b"ready")
    for _ in range(count):
        end.recv_bytes()
    end.send_bytes(b"done")
