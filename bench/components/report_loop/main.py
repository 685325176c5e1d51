"""report_loop: reports a value, and times until a handler reads it in a ROM that is made of the report."""

from __future__ import annotations

from bastide.base import Env, Node, Rom, SignalHandler
from bastide.session.report import Reporter

from ..batches import Batches


class Main:
    def __init__(self, env: Env) -> None:
        self._size = env.config.node.attribute("size", 0)
        self._batches = Batches(env, "report", self._size, self._begin)
        self._reporter = Reporter(env, "value")
        self._reporter.generate(Node("value", {"value": "0"}))
        self._rom = Rom(env, "result")
        self._number = 0
        self._arrived = SignalHandler(env, self._look)
        self._rom.sigh(self._arrived.cap)
        self._batches.begin()

    def _begin(self) -> None:
        self._left = self._size
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
            self._batches.end()


construct = Main
