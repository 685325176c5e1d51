"""rom_logger: content that is there, and content that its server takes away."""

from __future__ import annotations

import pytest
from init.puppet import Puppets

from bastide.app.rom_logger.main import construct as rom_logger
from bastide.base import DataspaceCap, Env, RamDataspace, SignalCap, Transmitter
from bastide.session.rom import RomSession

CONFIG = """
+ start thief
  + provides | + service ROM
+ start rom_logger
  + config | rom: loot | format: %s
  + route
    + service ROM | label: loot | + child thief
    + any-service | + parent
"""


class Thief(RomSession):
    """Gives content, and takes it back when the other end says that it looks at it again."""

    def __init__(self, env: Env) -> None:
        self._given = RamDataspace(env.account, 4096)
        self._given.view[:5] = b"coins"
        self.changed = Transmitter()

    def dataspace(self) -> DataspaceCap:
        return self._given.cap

    def update(self) -> bool:
        self._given.close()
        return True

    def sigh(self, context: SignalCap | None) -> None:
        self.changed.context = context
        self.changed.submit()


@pytest.mark.parametrize(("format", "shown"), [("text", "  coins"), ("hexdump", "  00000000  63 6f 69 6e 73 00 ")])
def test_content_that_was_taken_away_is_an_error_in_the_log(format: str, shown: str) -> None:
    programs = {"thief": lambda env: RomSession.announce(env, lambda request: Thief(env)), "rom_logger": rom_logger}
    with Puppets(CONFIG % format, programs) as puppets:
        lines = puppets.town.lines("init -> rom_logger")
        assert lines[0] == "ROM 'loot':"
        assert lines[1].startswith(shown)
        assert lines[-1].startswith("Error: ROM 'loot': its content can't be had: ")
        assert puppets.town.trouble == []
