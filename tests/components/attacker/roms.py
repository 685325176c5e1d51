"""Attackers that serve a ROM whose content is a weapon, to an init that takes it for its config.

Each gives the weapon first, then something proper, then the weapon again, and something proper in the end.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from typing import Any

from bastide.base import DataspaceCap, RamDataspace, SignalCap, Transmitter
from bastide.session.rom import RomSession

from .weapons import Attacker

HEAD = b"""config
+ parent-provides
  + service ROM
  + service CPU
  + service PD
  + service LOG
  + service Board
+ default | ram: 2M | caps: 100
+ default-route
  + any-service
    + parent
"""


class Armed(RomSession):
    def __init__(self, attacker: Attacker, weapon: Weapon) -> None:
        self.attacker, self.changed = attacker, Transmitter()
        self._weapon, self._turns = weapon, self._contents()
        self._given: RamDataspace | None = None

    def dataspace(self) -> DataspaceCap | None:
        return next(self._turns)

    def update(self) -> bool:
        return False

    def sigh(self, context: SignalCap | None) -> None:
        self.changed.context = context
        self.changed.submit()

    def give(self, content: bytes) -> DataspaceCap:
        """Memory of that content, in the place of what was given before."""
        if self._given is not None:
            self._given.close()
        self._given = memory = RamDataspace(self.attacker.env.account, len(content))
        memory.view[:len(content)] = content
        return memory.cap

    def _contents(self) -> Iterator[DataspaceCap | None]:
        again = self.changed.submit
        for name in ("one", "two"):
            self.attacker.env.ep.defer(again)
            yield self._weapon(self)
            self.attacker.env.ep.defer(again)
            yield self.give(_proper(name))
        while True:
            yield self._given.cap if self._given else None


class Freeing(Armed):
    """Takes memory back that the other end has mapped, and says that it was brought up to date."""

    freed: RamDataspace | None = None

    def update(self) -> bool:
        if self._given is None or self._given is self.freed:
            return False
        self.freed = self._given
        self.attacker.env.pd.free_ram(self._given.cap)
        self.attacker.env.ep.defer(self.changed.submit)
        return True


class Flooding(Armed):
    """Says all the time that there is something new."""

    def sigh(self, context: SignalCap | None) -> None:
        super().sigh(context)

        def flood() -> None:
            while True:
                self.changed.submit()

        threading.Thread(target=flood, daemon=True).start()


Weapon = Callable[[Armed], DataspaceCap | None]


def _serve(attacker: Attacker, weapon: Weapon, kind: type[Armed] = Armed) -> object:
    return RomSession.announce(attacker.env, lambda request: kind(attacker, weapon))


def _content(attacker: Attacker, content: bytes) -> object:
    return _serve(attacker, lambda armed: armed.give(content))


def _proper(name: str) -> bytes:
    return HEAD + b"+ start %s | + binary attacker\n-\n" % name.encode()


def rom_of_nothing(attacker: Attacker) -> object:
    return _serve(attacker, lambda armed: None)


def rom_of_garbage(attacker: Attacker) -> object:
    return _content(attacker, b"\xa5\0" + os.urandom(4096))


def rom_of_zeros(attacker: Attacker) -> object:
    return _content(attacker, bytes(4096))


def rom_too_deep(attacker: Attacker) -> object:
    return _content(attacker, b"<config>" + b"<deeper>" * 100_000)


def rom_too_large(attacker: Attacker) -> object:
    return _content(attacker, HEAD + b"+ nothing\n" * 2_000_000 + b"-\n")


def rom_too_rich(attacker: Attacker) -> object:
    """Small enough to be read, too large to be kept."""
    return _content(attacker, HEAD + b"+ a\n" * 400_000 + b"-\n")


def rom_too_crowded(attacker: Attacker) -> object:
    return _content(attacker, HEAD + b"".join(b"+ start crowd%d\n" % number for number in range(20_000)) + b"-\n")


def rom_of_no_memory(attacker: Attacker) -> object:
    """A capability, but of the wrong type."""
    cap: Any = attacker.env.log._session.cap
    return _serve(attacker, lambda armed: cap)


def rom_freed_before(attacker: Attacker) -> object:
    def weapon(armed: Armed) -> DataspaceCap:
        cap = armed.give(_proper("freed"))
        attacker.env.pd.free_ram(cap)
        armed._given = None
        return cap

    return _serve(attacker, weapon)


def rom_freed_behind(attacker: Attacker) -> object:
    return _serve(attacker, lambda armed: armed.give(_proper("one")), Freeing)


def rom_changing(attacker: Attacker) -> object:
    """Its content is another one at each glance."""
    def weapon(armed: Armed) -> DataspaceCap:
        cap = armed.give(HEAD * 20)
        view = armed._given.view if armed._given else memoryview(b"")

        def scribble() -> None:
            try:
                while True:
                    view[:400] = os.urandom(400)
                    view[:400] = (HEAD * 2)[:400]
            except ValueError:
                return                      # it was taken back

        threading.Thread(target=scribble, daemon=True).start()
        return cap

    return _serve(attacker, weapon)


def rom_flooding(attacker: Attacker) -> object:
    return _serve(attacker, lambda armed: None, Flooding)


def rom_silent(attacker: Attacker) -> object:
    def weapon(armed: Armed) -> None:
        attacker.log("silent")
        attacker.env.ep.wait_for_io()

    return _serve(attacker, weapon)
