"""rom_reporter: ROMs become reports, which are ROMs again at report_rom."""

from __future__ import annotations

from init.puppet import Puppets

from bastide.app.rom_logger.main import construct as rom_logger
from bastide.app.rom_reporter.main import construct as rom_reporter
from bastide.base import milliseconds
from bastide.driver.timer.main import construct as timer
from bastide.server.dynamic_rom.main import construct as dynamic_rom
from bastide.server.report_rom.main import construct as report_rom

CONFIG = """
+ start timer | + provides | + service Timer
+ start dynamic_rom
  + provides | + service ROM
  + route
    + service Timer | + child timer
    + any-service | + parent
  + config
    + rom weather
      + inline | + sun
      + sleep | milliseconds: 100
      + inline | + rain
      + sleep | milliseconds: 100
+ start report_rom
  + provides
    + service ROM
    + service Report
  + route | + any-service | + parent
  + config | verbose: yes
    + policy | label_prefix: rom_logger | report: rom_reporter -> weather
+ start rom_reporter
  + config
    + rom | label: weather
  + route
    + service ROM | label: weather | + child dynamic_rom
    + service Report | + child report_rom
    + any-service | + parent
+ start rom_logger
  + config | rom: weather
  + route
    + service ROM | label: weather | + child report_rom
    + any-service | + parent
"""


def test_a_rom_travels_as_report_and_becomes_a_rom_again() -> None:
    programs = {"timer": timer, "dynamic_rom": dynamic_rom, "rom_logger": rom_logger, "rom_reporter": rom_reporter,
                "report_rom": report_rom}
    with Puppets(CONFIG, programs) as puppets:
        puppets.town.machine.advance(milliseconds(250))
        shown = [line for line in puppets.town.lines("init -> rom_logger") if line in ("  sun", "  rain")]
        assert shown[-3:] == ["  sun", "  rain", "  sun"]
        puppets.apply(CONFIG.replace("    + rom | label: weather\n", ""))
        puppets.town.machine.advance(milliseconds(250))
        assert puppets.town.lines("init -> report_rom").count("report 'rom_reporter -> weather'") == len(shown)
        puppets.apply("")
        assert puppets.town.init_has == puppets.before
        assert puppets.town.trouble == []
