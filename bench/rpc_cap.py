"""The same call, with a capability transferred for the first time, against a C ping-pong with one descriptor."""

from __future__ import annotations

from bench.harness.figure import Figure
from bench.harness.program import Program
from bench.harness.system import Start, in_turns, scenario

ROUNDS, BATCHES, SIZE = 10, 3, 300


def measure() -> tuple[Figure, ...]:
    peer = Program("descriptor")
    system = scenario("rpc_cap", [
        Start("cap_server", provides=("Cap_bench",)),
        Start("cap_owner", provides=("Cap_owner",), ram="8M", caps=SIZE + 200),
        Start("cap_client", uses={"Cap_bench": "cap_server", "Cap_owner": "cap_owner"}, ram="8M", caps=SIZE + 200,
              config={"rounds": ROUNDS, "batches": BATCHES, "size": SIZE})])
    own, other = in_turns(system, lambda: peer.batches(1000, BATCHES))
    limit = "C: sendmsg of 32 bytes with one descriptor, reply of 32 bytes without"
    call = "(int, int, Capability) -> int, each capability for the first time;"
    return (Figure("rpc-cap", "us", own["delegated"], 2.5, limit, other,
                   f"{call} it belongs to a third component, so core seals it for the server"),
            Figure("rpc-cap-own", "us", own["own"], 2.5, limit, other, f"{call} it belongs to the caller"))
