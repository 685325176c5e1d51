"""report_loop: reports a value, and times until a handler reads it in a ROM that is made of the report."""

from __future__ import annotations

from time import perf_counter_ns

from bastide.base import Env, Node, Rom, SignalHandler
from bastide.session.report import Reporter


class Main:
    def __init__(self, env: Env) -> None:
        self._log = env.log
        config = env.config.node
        self._rounds, self._batches, self._size = (config.attribute(key, 0) for key in ("rounds", "batches", "size"))
        self._reporter = Reporter(env, "value")
        self._reporter.generate(Node("value", {"value": "0"}))
        self._rom = Rom(env, "result")
        self._number = 0
        self._samples: list[float] = []
        self._arrived = SignalHandler(env, self._look)
        self._rom.sigh(self._arrived.cap)
        self._begin_batch()

    def _begin_batch(self) -> None:
        self._left = self._size
        self._begin = perf_counter_ns()
        self._report()

    def _report(self) -> None:
        self._number += 1
        self._reporter.generate(Node("value", {"value": str(self._number)}))

    def _look(self) -> None:
        self._rom.update()
        if self._rom.node.value("value", 0) < self._number:
            return                      # a signal that was one more than necessary
        self._left -= 1
        if self._left:
            self._report()
        else:
            self._end_batch()

    def _end_batch(self) -> None:
        self._samples.append(round((perf_counter_ns() - self._begin) / self._size / 1000, 4))
        if len(self._samples) == self._batches:
            self._log("samples report", *self._samples)
            self._log("turn")
            self._samples.clear()
            self._rounds -= 1
        if self._rounds:
            self._begin_batch()
        else:
            self._log("done")


construct = Main
