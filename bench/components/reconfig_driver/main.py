"""reconfig_driver: changes one attribute of an init's config, and waits for the state report that shows it."""

from __future__ import annotations

from time import perf_counter_ns

from bastide.base import DataspaceCap, Env, Generator, Node, RamDataspace, SessionRequest, SignalCap
from bastide.lib.rom_module import Module
from bastide.session.report import ReportArgs, ReportSession
from bastide.session.rom import RomSession

CHANGED = "child-7"
AMOUNTS = "1M", "2M"


class Main:
    def __init__(self, env: Env) -> None:
        self._env = env
        config = env.config.node
        self._rounds, self._size, self._children = (
            config.required(name, int) for name in ("rounds", "size", "children"))
        self._texts = [self._config(amount).encode() for amount in AMOUNTS]
        self._module = Module(self._texts[0])
        self._step = 0
        self._begin = 0
        self._samples: list[float] = []
        RomSession.announce(env, lambda request: self._module.open(request.account))
        ReportSession.announce(env, lambda request: Report(self, request))

    def reported(self, content: bytes) -> None:
        """A state report arrived."""
        now = perf_counter_ns()
        children = [node for node in Node.parse(content).sub_nodes("child") if "state" not in node.attributes]
        shown = next((child for child in children if child.name == CHANGED), None)
        ram = shown and shown.sub_node("ram")
        if ram is None or len(children) < self._children or ram.attributes["assigned"] != AMOUNTS[self._step % 2]:
            return
        if self._begin:
            self._samples.append(round((now - self._begin) / 1000, 1))
        if len(self._samples) == self._size:
            self._env.log("samples reconfig", *self._samples)
            self._env.log("turn")
            self._samples.clear()
            self._rounds -= 1
        if self._rounds:
            self._env.ep.defer(self._change)
        else:
            self._env.log("done")

    def _change(self) -> None:
        self._step += 1
        self._begin = perf_counter_ns()
        self._module.show(self._texts[self._step % 2])

    def _config(self, amount: str) -> str:
        config = Generator("config")
        provided = config.node("parent-provides")
        for service in ("ROM", "CPU", "PD", "LOG"):
            provided.node("service", name=service)
        config.node("report", delay_ms=1, child_ram=True, buffer="16K")
        config.node("default", ram="1M", caps=60)
        config.node("default-route").node("any-service").node("parent")
        for number in range(self._children):
            name = f"child-{number}"
            start = config.node("start", name=name)
            if name == CHANGED:
                start.attribute("ram", amount)
            start.node("binary", name="idle")
        return str(config)


class Report(ReportSession):
    def __init__(self, main: Main, request: SessionRequest) -> None:
        self._main = main
        self._memory = RamDataspace(request.account, request.args(ReportArgs).buffer_size)

    def dataspace(self) -> DataspaceCap:
        return self._memory.cap

    def submit(self, length: int) -> None:
        self._main.reported(bytes(self._memory.view[:length]))

    def response_sigh(self, context: SignalCap | None) -> None: ...

    def obtain_response(self) -> int:
        return 0


construct = Main
