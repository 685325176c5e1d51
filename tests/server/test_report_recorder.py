"""report_recorder: what its recording says. That dynamic_rom plays it is shown by `scenarios/replay`."""

from __future__ import annotations

from init.puppet import Puppets

from bastide.base import Env, Node, milliseconds
from bastide.driver.timer.main import construct as timer
from bastide.server.log_report.main import construct as log_report
from bastide.server.report_recorder.main import construct as report_recorder
from bastide.session.report import Reporter

CONFIG = """
+ start timer | + provides | + service Timer
+ start log_report
  + provides | + service Report
  + route | + any-service | + parent
+ start report_recorder | ram: 2M
  + provides | + service Report
  + route
    + service Timer | + child timer
    + service Report | + child log_report
    + any-service | + parent
  + config | limit: 1K
+ start writer
  + binary puppet
  + route
    + service Report | + child report_recorder
    + any-service | + parent
"""

PROGRAMS = {"timer": timer, "log_report": log_report, "report_recorder": report_recorder}


class Studio(Puppets):
    def __init__(self) -> None:
        super().__init__(CONFIG, PROGRAMS)
        self._reporters: dict[str, Reporter] = {}

    def report(self, content: str, label: str = "weather") -> None:
        def act(env: Env) -> None:
            self._reporters.setdefault(label, Reporter(env, label)).submit(content.encode())
        self.tell("writer", act)

    @property
    def recordings(self) -> list[str]:
        """All of them, as text."""
        titled = "\n".join(self.town.lines("init -> log_report")).split("report 'report_recorder -> recording'\n")
        return ["\n".join(line.removeprefix("  ") for line in text.splitlines()) for text in titled[1:]]


def test_a_recording_is_a_config_that_repeats_what_happened() -> None:
    with Studio() as studio:
        studio.town.machine.advance(milliseconds(10))
        studio.report("weather | sky: clear\n-\n")
        studio.town.machine.advance(milliseconds(50))
        studio.report("no | node")
        studio.report("on\n-", "lamp")
        assert Node.parse(studio.recordings[-1]) == Node.parse("""config
+ rom writer-weather
  + sleep | milliseconds: 10
  + inline | + weather | sky: clear
  + sleep | milliseconds: 50
  + inline
    : no | node
  + sleep | milliseconds: 1000
+ rom writer-lamp
  + sleep | milliseconds: 60
  + inline | + on
  + sleep | milliseconds: 1000
-
""")
        assert studio.town.trouble == []


def test_a_recording_ends_at_its_limit_and_says_so_once() -> None:
    with Studio() as studio:
        for _ in range(3):
            studio.report("x" * 400)
        studio.report("")
        assert len(studio.recordings) == 2
        assert studio.town.lines("init -> report_recorder") == [
            "Warning: the recording ends here: it has reached its limit of 1K"]


def test_reports_without_content_are_limited_too() -> None:
    with Studio() as studio:
        for _ in range(30):
            studio.report("")
        assert len(studio.recordings) == 16
