"""What a component's calls take while a neighbour exhausts one resource after the other, against the same in quiet."""

from __future__ import annotations

from collections import defaultdict

from bench.harness.figure import Figure
from bench.harness.system import Start, listen, scenario

ATTACKS = ("computing", "ram", "caps", "descriptors", "sessions", "heap", "threads", "calls", "signals", "output")
ROUNDS, SIZE = 5, 500
REACH = 5.0


def measure() -> tuple[Figure, ...]:
    use = {"Neighbour_bench": "neighbour_server"}
    attackers = [Start(attack, "neighbour_attacker", uses=use, ram="24M", caps=400) for attack in ATTACKS]
    config: dict[str, int | str] = {"rounds": ROUNDS, "size": SIZE, "attacks": " ".join(ATTACKS)}
    system = scenario("neighbours", [
        Start("neighbour_server", provides=("Neighbour_bench",), ram="8M", caps=300), *attackers,
        Start("neighbour_client", uses=use, config=config)], ram="400M")
    samples: defaultdict[str, list[float]] = defaultdict(list)

    def heard(label: str, text: str) -> bool:
        word, *further = text.split()
        if word == "samples":
            samples[further[0]] += map(float, further[1:])
        return word == "done"

    listen(system, heard)
    what = "all on one processor; 'computing' is a neighbour that attacks nothing and wants half of it"
    return tuple(Figure(f"neighbours-{attack}", "us", tuple(samples[attack]), REACH, "the same call in quiet",
                        tuple(samples[f"quiet-{attack}"]), what if attack == "computing" else "")
                 for attack in ATTACKS)
