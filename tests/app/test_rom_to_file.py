"""rom_to_file: writes what a ROM shows, and follows its config to another one."""

from __future__ import annotations

from init.puppet import Puppets

from bastide.app.rom_to_file.main import construct as rom_to_file
from bastide.base import milliseconds
from bastide.driver.timer.main import construct as timer
from bastide.server.dynamic_rom.main import construct as dynamic_rom
from bastide.server.log_report.main import construct as log_report

CONFIG = """
+ start timer | + provides | + service Timer
+ start log_report
  + provides | + service Report
  + route | + any-service | + parent
+ start dynamic_rom
  + provides | + service ROM
  + route
    + service Timer | + child timer
    + any-service | + parent
  + config
    + rom weather
      + inline | + sun
      + sleep | milliseconds: 100
      + empty
      + sleep | milliseconds: 100
      + inline | + rain
      + sleep | milliseconds: 100000
    + rom news
      + inline
        : all is well
+ start rom_to_file
  + config | rom: weather
  + route
    + service ROM | label: config | + parent
    + service ROM | label_prefix: | + child dynamic_rom
    + service Report | + child log_report
    + any-service | + parent
"""


def test_each_content_is_written_and_none_is_not() -> None:
    programs = {"timer": timer, "dynamic_rom": dynamic_rom, "log_report": log_report, "rom_to_file": rom_to_file}
    with Puppets(CONFIG, programs) as puppets:
        puppets.town.machine.advance(milliseconds(300))
        title = "report 'rom_to_file -> weather'"
        weather = [title, "  sun", "  -", title, "  rain", "  -"]
        assert puppets.town.lines("init -> log_report") == weather
        puppets.apply(CONFIG.replace("rom: weather", "rom: news"))
        assert puppets.town.lines("init -> log_report") == [*weather, "report 'rom_to_file -> news'", "  all is well"]
        puppets.apply("")
        assert puppets.town.init_has == puppets.before
        assert puppets.town.trouble == []
