"""Opening and closing a session at a sibling, through init, against a C ping-pong of 32 bytes."""

from __future__ import annotations

from bench.harness.figure import Figure
from bench.harness.program import Program
from bench.harness.system import Start, in_turns, scenario

ROUNDS, BATCHES, SIZE = 10, 3, 50


def measure() -> tuple[Figure, ...]:
    peer = Program("seqpacket")
    system = scenario("session", [
        Start("session_server", provides=("Empty",)),
        Start("session_client", uses={"Empty": "session_server"},
              config={"rounds": ROUNDS, "batches": BATCHES, "size": SIZE})])
    own, other = in_turns(system, lambda: peer.batches(1000, BATCHES))
    return (Figure("session", "us", own["session"], 80, "C: SOCK_SEQPACKET ping-pong of 32 bytes", other,
                   "one session opened and closed"),)
