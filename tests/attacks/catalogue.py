"""All attacks that are made of raw system calls: `theme: name`."""

from __future__ import annotations

from types import ModuleType

from attacks import facilities, memory, native, network, paths, processes, sharing
from attacks.attack import Attack


def _named(*themes: ModuleType) -> dict[str, Attack]:
    return {f"{theme.__name__.rpartition('.')[2]}: {name}": attack
            for theme in themes for name, attack in theme.ATTACKS.items() if attack.possible}


CATALOGUE = _named(paths, processes, network, memory, facilities, sharing)
"""Against the profile that components have unless whoever boots wants it otherwise."""

NATIVE = _named(native)
"""Against the profile `native`."""

ALL = CATALOGUE | NATIVE
