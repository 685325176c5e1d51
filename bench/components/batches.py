"""Batches of work that a component times while it goes on by signals: how long each took, told in turns."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter_ns

from bastide.base import Env


class Batches:
    """As many `rounds` of `batches` as the config says, of `size` pieces of work each.

    `start` is called at the begin of each batch; whoever does the work calls `end`.
    """

    def __init__(self, env: Env, name: str, size: int, start: Callable[[], None]) -> None:
        self._log, self._name, self._size, self._start = env.log, name, size, start
        self._rounds, self._count = (env.config.node.attribute(key, 0) for key in ("rounds", "batches"))
        self._samples: list[float] = []

    def begin(self) -> None:
        self._began = perf_counter_ns()
        self._start()

    def end(self) -> None:
        self._samples.append(round((perf_counter_ns() - self._began) / self._size / 1000, 4))
        if len(self._samples) == self._count:
            self._log(f"samples {self._name}", *self._samples)
            self._log("turn")
            self._samples.clear()
            self._rounds -= 1
        if self._rounds:
            self.begin()
        else:
            self._log("done")
