"""report_recorder: records reports with their times, as the config by which dynamic_rom plays them again."""

from __future__ import annotations

from bastide.base import Bytes, Env, Generator, InvalidNode, Node
from bastide.lib.report_writer import ReportWriter
from bastide.session.report import Reporter, ReportSession
from bastide.session.timer import Timer

STEP_COST = 64
"""What a report counts beyond its own size."""

REST = 1000
"""Milliseconds between the end of the recording and its repetition."""


class Main:
    def __init__(self, env: Env) -> None:
        self._env, self._timer = env, Timer(env)
        config = env.config.node
        self._limit = config.attribute("limit", Bytes("64K"))
        self._output = Reporter(env, "recording")
        self._tracks: dict[str, Track] = {}
        self._size = 0
        self._full = False
        ReportSession.announce(env, lambda request: ReportWriter(request, self._record))

    def _record(self, writer: ReportWriter, content: bytes) -> None:
        self._size += len(content) + STEP_COST
        if self._size > self._limit:
            if not self._full:
                self._env.log.warning(f"the recording ends here: it has reached its limit of {self._limit}")
            self._full = True
            return
        now = self._timer.session.elapsed_ms()
        self._tracks.setdefault(writer.label, Track()).add(content, now)
        recording = Generator("config")
        for label, track in self._tracks.items():
            recording.copy(track.node(label.replace(" -> ", "-"), now))
        self._output.generate(recording.build())


class Track:
    """What was recorded of one report, as steps of dynamic_rom."""

    def __init__(self) -> None:
        self._steps: list[Node] = []
        self._last = 0

    def add(self, content: bytes, now: int) -> None:
        """At the given milliseconds since the beginning of the recording."""
        self._steps += [_pause(now - self._last), _inline(content)]
        self._last = now

    def node(self, name: str, now: int) -> Node:
        """The track, up to now, and a rest."""
        return Node("rom", {"name": name}, (*self._steps, _pause(now - self._last + REST)))


def _pause(milliseconds: int) -> Node:
    return Node("sleep", {"milliseconds": str(milliseconds)})


def _inline(content: bytes) -> Node:
    text = content.partition(b"\0")[0].decode(errors="replace")
    try:
        return Node("inline", children=(Node.parse(text),))
    except InvalidNode:
        return Node("inline", text=text.removesuffix("\n"))


construct = Main
