"""What a component costs among a thousand: memory, and descriptors in core and in init."""

from __future__ import annotations

import os
from pathlib import Path
from time import sleep

from bench.harness.figure import Figure
from bench.harness.system import Start, children, listen, scenario

COUNT = 1000
REST = 1.5
"""Seconds without any work until the components count as quiet."""
CLIENT = "many_client"


def measure() -> tuple[Figure, ...]:
    clients = [Start(f"client-{number}", CLIENT, uses={"Many": "many_server"}, ram="512K", caps=50)
               for number in range(COUNT)]
    system = scenario("many", [Start("many_server", provides=("Many",), ram="64M", caps=COUNT * 6,
                                     config={"clients": COUNT}), *clients],
                      ram=f"{COUNT + 100}M", caps=COUNT * 60 + 2000)
    before = _descriptors("self")
    memory: list[float] = []
    core = init = 0

    def heard(label: str, text: str) -> bool:
        nonlocal core, init
        if text != f"all {COUNT} answered":
            return False
        rested = _busy()
        while (busy := _busy()) != rested:      # they tidy up as soon as nobody wants anything of them
            rested = busy
        names = {pid: Path(f"/proc/{pid}/comm").read_text().strip() for pid in children()}
        memory.extend(_pss(pid) for pid, name in names.items() if name.startswith("client-"))
        core, init = _descriptors("self") - before, sum(_descriptors(pid) for pid, name in names.items()
                                                        if name == "init")
        return True

    listen(system, heard, deadline=120)
    what = (f"{COUNT} components, each with a session to one server; all of them answered a call after gc.collect(), "
            "and are idle since")
    return (Figure("many-memory", "MiB", tuple(memory), 1.8, "no peer: PSS per component, of smaps_rollup", (), what),
            Figure("many-core", "fds", (core / COUNT,), 12, "no peer: descriptors of core per component", (), what),
            Figure("many-init", "fds", (init / COUNT,), 6, "no peer: descriptors of init per component", (), what))


def _pss(pid: int) -> float:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def _busy() -> int:
    """Nanoseconds that the components have run, after a while."""
    sleep(REST)
    return sum(int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) for pid in children())


def _descriptors(pid: int | str) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))
