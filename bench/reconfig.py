"""One attribute of one child among thirty: from the changed config ROM to the state report, against a C ping-pong."""

from __future__ import annotations

from bastide.base.node import Generator
from bastide.tool.scenario import Scenario, parse_scenario
from bench.harness.figure import Figure
from bench.harness.program import Program
from bench.harness.system import COMPONENTS, in_turns

ROUNDS, SIZE, BATCHES, CHILDREN = 10, 10, 3, 30


def measure() -> tuple[Figure, ...]:
    peer = Program("seqpacket")
    own, other = in_turns(_system(), lambda: peer.batches(1000, BATCHES), crowd=True)
    return (Figure("reconfig", "us", own["reconfig"], 1500, "C: SOCK_SEQPACKET ping-pong of 32 bytes", other,
                   f"the ram of one of {CHILDREN} running children changes in the config ROM of a nested init; until "
                   "the report with the quotas of all shows it, which the config asks for 1 ms after a change"),)


def _system() -> Scenario:
    runtime = Generator("runtime", ram="256M", caps=20000, binary="init")
    content = runtime.node("content")
    for name in ("init", "idle", "reconfig_driver"):
        content.node("rom", name=name)
    config = runtime.node("config")
    provided = config.node("parent-provides")
    for service in ("ROM", "CPU", "PD", "LOG"):
        provided.node("service", name=service)
    driver = config.node("start", name="reconfig_driver", ram="8M", caps=200)
    provides = driver.node("provides")
    for service in ("ROM", "Report"):
        provides.node("service", name=service)
    driver.node("config", rounds=ROUNDS, size=SIZE, children=CHILDREN)
    driver.node("route").node("any-service").node("parent")
    init = config.node("start", name="inner", ram="128M", caps=5000)
    init.node("binary", name="init")
    route = init.node("route")
    route.node("service", name="ROM", label="config").node("child", name="reconfig_driver")
    route.node("service", name="Report").node("child", name="reconfig_driver")
    route.node("any-service").node("parent")
    return parse_scenario(str(runtime.build()), "reconfig", COMPONENTS / "reconfig")
