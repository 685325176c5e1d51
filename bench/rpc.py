"""A typed call between two components, while others use the same entrypoint, against a C ping-pong of 32 bytes."""

from __future__ import annotations

from bench.harness.figure import Figure
from bench.harness.program import Program
from bench.harness.system import Start, in_turns, scenario

ROUNDS, BATCHES, SIZE = 10, 5, 1000
CALLERS = 8


def measure() -> tuple[Figure, ...]:
    peer = Program("seqpacket")
    use = {"Rpc_bench": "rpc_server"}
    loads = [Start(f"caller-{number}", "rpc_load", uses=use) for number in range(CALLERS)]
    loads.append(Start("signaller", "rpc_load", uses=use, config={"signals": True}))
    config = {"rounds": ROUNDS, "batches": BATCHES, "size": SIZE, "loads": len(loads)}
    system = scenario("rpc", [Start("rpc_server", provides=("Rpc_bench",), ram="8M", caps=300), *loads,
                              Start("rpc_client", uses=use, config=config)])
    own, other = in_turns(system, lambda: peer.batches(SIZE, BATCHES))
    return (Figure(
        "rpc", "us", own["rpc"], 1.6, "C: SOCK_SEQPACKET ping-pong of 32 bytes between two processes", other,
        f"(int, int, str of 16 letters) -> int; after every 100 calls one of {CALLERS} further clients calls, or a "
        "signal source submits, at the same entrypoint and within the measured time; aim 1.1"),)
