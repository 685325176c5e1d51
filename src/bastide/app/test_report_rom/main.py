"""test-report_rom: reporter and reader of the same report, which it follows through all that can happen to it."""

from __future__ import annotations

from bastide.base import Env, Generator, Rom, SessionDenied, SignalHandler, milliseconds
from bastide.session.report import Reporter, ReportSession
from bastide.session.timer import Timer

LABEL = "brightness"
PAUSE = milliseconds(250)


class Main:
    def __init__(self, env: Env) -> None:
        self._env, self._timer = env, Timer(env)
        env.log("--- test-report_rom started ---")
        self._reporter = Reporter(env, LABEL)
        self._report(10)
        self._rom = Rom(env, LABEL)
        self._expect(10)
        self._changed = SignalHandler(env, self._on_change)
        self._awaited = 77
        self._rom.sigh(self._changed.cap)
        self._report(77)

    def _report(self, value: int) -> None:
        self._env.log(f"report brightness {value}")
        self._reporter.generate(Generator(LABEL, value=value).build())

    def _expect(self, value: int) -> None:
        found = self._rom.node.required("value", int)
        self._env.log(f"ROM shows {found}")
        if found != value:
            raise ValueError(f"the ROM shows {found} instead of {value}")

    def _on_change(self) -> None:
        self._rom.update()
        if self._awaited == 77:
            self._expect(77)
            self._awaited = 99
            self._env.log("close the report and wait")
            self._reporter.close()
            self._timer.once(PAUSE, self._look_at_what_is_left)
        elif self._awaited == 99:
            self._expect(99)
            self._report_twice()

    def _look_at_what_is_left(self) -> None:
        if self._rom.text != b"brightness | value: 77\n-\n":
            raise ValueError(f"the ROM lost its content: {self._rom.text!r}")
        self._env.log("ROM keeps its content")
        self._rom.update()
        if not self._rom.content:
            raise ValueError("the ROM is gone")
        self._env.log("ROM is still there")
        self._report(99)

    def _report_twice(self) -> None:
        self._env.log("open the same report once more")
        try:
            ReportSession.connect(self._env, LABEL)
        except SessionDenied as error:
            self._env.log(f"denied: {error}")
            self._env.log("--- test-report_rom finished ---")
            self._env.exit(0)
        raise ValueError("two sessions write the same report")


construct = Main
