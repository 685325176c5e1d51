"""dynamic_rom and rom_logger: what one shows along a timeline, the other one writes down."""

from __future__ import annotations

from init.puppet import Puppets
from init.town import PARENT_PROVIDES, ROUTE, Town

from bastide.app.rom_logger.main import construct as rom_logger
from bastide.base import milliseconds
from bastide.driver.timer.main import construct as timer
from bastide.server.dynamic_rom.main import construct as dynamic_rom

PROGRAMS = {"timer": timer, "dynamic_rom": dynamic_rom, "rom_logger": rom_logger}

SERVER = """
+ start timer | + provides | + service Timer
+ start dynamic_rom
  + provides | + service ROM
  + route
    + service Timer | + child timer
    + any-service | + parent
  + config | verbose: yes
{steps}
"""

READER = """
+ start rom_logger
  + config | rom: weather{more}
  + route
    + service ROM | label: weather | + child dynamic_rom
    + service ROM | label: news | + child dynamic_rom
    + any-service | + parent
"""

DAY = """
    + rom weather
      + inline | description: morning
        + weather | rain: yes
          + wind | from: north
      + sleep | milliseconds: 100
      + inline
        : just text
        : in two lines
      + sleep | milliseconds: 100
      + empty
      + sleep | milliseconds: 100
"""

MORNING = ["ROM 'weather':", "  weather | rain: yes", "  + wind | from: north", "  -"]
NOON = ["ROM 'weather':", "  just text", "  in two lines"]
NIGHT = ["ROM 'weather': no content"]


def town(steps: str = DAY, more: str = "") -> Town:
    return Town(PROGRAMS, PARENT_PROVIDES + ROUTE + SERVER.format(steps=steps) + READER.format(more=more))


def test_a_module_goes_through_its_steps_again_and_again() -> None:
    with town() as system:
        system.run()
        system.machine.advance(milliseconds(550))
        assert system.lines("init -> rom_logger") == (MORNING + NOON + NIGHT) * 2
        assert system.lines("init -> dynamic_rom")[:7] == [
            "weather: change (morning)", "weather: sleep 100 milliseconds", "weather: change ()",
            "weather: sleep 100 milliseconds", "weather: remove", "weather: sleep 100 milliseconds",
            "weather: change (morning)"]
        assert system.trouble == []


def test_steps_without_a_pause_are_taken_once() -> None:
    with town("    + rom weather\n      + empty\n      + inline | + sun\n") as system:
        system.run()
        system.machine.advance(milliseconds(1000))
        assert system.lines("init -> rom_logger") == ["ROM 'weather':", "  sun", "  -"]
        assert system.lines("init -> dynamic_rom") == ["weather: remove", "weather: change ()"]


def test_a_module_that_is_not_in_the_config_can_come_later() -> None:
    with Puppets("", PROGRAMS) as puppets:
        puppets.apply(SERVER.format(steps="") + READER.format(more=""))
        assert puppets.town.lines("init -> dynamic_rom") == [
            "Warning: the config has no ROM 'weather' for 'rom_logger -> weather', who waits for it to come"]
        puppets.apply(SERVER.format(steps=DAY) + READER.format(more=""))
        assert puppets.town.lines("init -> rom_logger") == NIGHT + MORNING


def test_a_hexdump_shows_every_byte() -> None:
    with town("    + rom weather\n      + inline\n        : sun\n", more=" | format: hexdump") as system:
        system.run()
        lines = system.lines("init -> rom_logger")
        assert lines[:2] == ["ROM 'weather':", "  00000000  73 75 6e 0a 00 00 00 00 00 00 00 00 00 00 00 00"]
        assert len(lines) == 1 + 4096 // 16


def test_a_changed_config_begins_anew_with_what_changed() -> None:
    news = "    + rom news\n      + inline | + good\n      + sleep | milliseconds: 90\n      + inline | + bad\n" \
           "      + sleep | milliseconds: 500\n"
    with Puppets("", PROGRAMS) as puppets:
        def apply(steps: str, more: str = "") -> None:
            puppets.apply(SERVER.format(steps=steps) + READER.format(more=more))

        def lines() -> list[str]:
            return puppets.town.lines("init -> rom_logger")

        apply(DAY + news)
        puppets.town.machine.advance(milliseconds(60))
        apply(DAY.replace("rain: yes", "rain: no") + news)
        assert lines()[len(MORNING):] == [line.replace("yes", "no") for line in MORNING]
        puppets.town.machine.advance(milliseconds(60))
        assert len(lines()) == 2 * len(MORNING)                     # its timeline is 60 ms old, not 120
        apply(news)
        assert lines()[2 * len(MORNING):] == NIGHT
        assert puppets.town.trouble == []


def test_a_logger_follows_its_config_to_another_module() -> None:
    two = "    + rom weather\n      + inline | + sun\n    + rom news\n      + inline | + good\n"
    with Puppets("", PROGRAMS) as puppets:
        puppets.apply(SERVER.format(steps=two) + READER.format(more=""))
        puppets.apply(SERVER.format(steps=two) + READER.format(more="").replace("rom: weather", "rom: news"))
        assert puppets.town.lines("init -> rom_logger") == ["ROM 'weather':", "  sun", "  -",
                                                            "ROM 'news':", "  good", "  -"]
