"""rom_reporter: forwards ROMs as reports of the same labels."""

from __future__ import annotations

from bastide.base import Env, Node, Rom, SignalHandler
from bastide.session.report import Reporter


class Main:
    def __init__(self, env: Env) -> None:
        self._env = env
        self._lines: dict[str, Line] = {}
        env.config.watch(self._apply)

    def _apply(self, config: Node) -> None:
        labels = [node.required("label", str) for node in config.sub_nodes("rom")]
        for label in [known for known in self._lines if known not in labels]:
            self._lines.pop(label).close()
        for label in labels:
            if label not in self._lines:
                self._lines[label] = Line(self._env, label)


class Line:
    """From one ROM to one report."""

    def __init__(self, env: Env, label: str) -> None:
        self._rom, self._reporter = Rom(env, label), Reporter(env, label)
        self._changed = SignalHandler(env, self._forward_newest)
        self._forward()
        self._rom.sigh(self._changed.cap)

    def close(self) -> None:
        for part in (self._changed, self._rom, self._reporter):
            part.close()

    def _forward_newest(self) -> None:
        self._rom.update()
        self._forward()

    def _forward(self) -> None:
        self._reporter.submit(self._rom.text)


construct = Main
