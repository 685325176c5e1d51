"""Session requests and reconfigurations with 10, 100 and 500 children: neither may grow faster than their number."""

from __future__ import annotations

from bastide.base.node import Generator
from bastide.tool.scenario import Scenario, parse_scenario
from bench.harness.figure import Figure
from bench.harness.system import COMPONENTS, in_turns

SIZES = 10, 100, 500
SESSIONS, CHANGES = 100, 8
HOST = "scale_parent"


def measure() -> tuple[Figure, ...]:
    own, _ = in_turns(_system(), lambda: [], crowd=True)
    growth = SIZES[-1] / SIZES[0]
    figures = []
    for kind, what in (("session", "one session at a sibling, opened and closed"),
                       ("change", "a config is applied in which the ram of one child changed")):
        samples = {size: own[f"{kind}-{size}"] for size in SIZES}
        curve = ", ".join(f"{size} children: {min(samples[size]):.0f} us" for size in SIZES)
        figures.append(Figure(f"scale-{kind}", "us", samples[SIZES[-1]], growth, f"the same with {SIZES[0]} children",
                              samples[SIZES[0]], f"{what}; {curve}"))
    return tuple(figures)


def _system() -> Scenario:
    """The parent takes the place of init, with init's library."""
    runtime = Generator("runtime", ram="2G", caps=70000, binary=HOST)
    content = runtime.node("content")
    for name in (HOST, "idle", "session_server", "session_client"):
        content.node("rom", name=name)
    config = runtime.node("config", sessions=SESSIONS, changes=CHANGES)
    for size in SIZES:
        config.node("size", children=size)
    return parse_scenario(str(runtime.build()), "scale", COMPONENTS / "scale")
