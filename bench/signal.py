"""A signal from its submission to the handler in another component, against a C pipe that wakes an epoll."""

from __future__ import annotations

from bench.harness.figure import Figure
from bench.harness.program import Program
from bench.harness.system import Start, in_turns, scenario

ROUNDS, BATCHES, SIZE = 10, 5, 1000


def measure() -> tuple[Figure, ...]:
    peer = Program("pipe_epoll")
    system = scenario("signal", [
        Start("signal_echo", provides=("Signal_bench",)),
        Start("signal_client", uses={"Signal_bench": "signal_echo"},
              config={"rounds": ROUNDS, "batches": BATCHES, "size": SIZE})])
    own, other = in_turns(system, lambda: peer.batches(SIZE, BATCHES))
    return (Figure("signal", "us", own["signal"], 2.4, "C: byte through a pipe to a process in epoll_wait", other,
                   "one way, as half of a ping-pong of two signals, on both sides"),)
