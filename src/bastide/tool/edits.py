"""What changed on disk since a system was started, and what follows for the system while it runs.

For `bastide run --watch`. Contents decide, not times: saving a file unchanged does nothing. A scenario or a
component that can't be read is told, and what ran before goes on. This module decides; `watch.py` acts.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bastide.base.binary import FORMAT
from bastide.base.errors import BastideError
from bastide.base.node import Node
from bastide.tool.boot import extra_modules, load, top_config
from bastide.tool.modules import shelves
from bastide.tool.scenario import FILE_NAME, Scenario, read_scenario


@dataclass(frozen=True)
class Change:
    """What is to be done. `modules` come before the rest: what runs a binary of a further generation starts anew."""

    modules: Mapping[str, bytes] = field(default_factory=dict)
    config: Node | None = None
    generations: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


class Edits:
    """Compares what runs with what is on disk."""

    def __init__(self, scenario: Scenario, modules: Mapping[str, bytes]) -> None:
        self._scenario, self._modules = scenario, dict(modules)
        self._generations: dict[str, int] = {}
        self._told = ""

    def look(self) -> Change:
        """What changed since the last time."""
        try:
            scenario = read_scenario(self._scenario.path)
            modules = load(scenario)
            top_config(scenario)                # can what it requires be provided?
        except BastideError as error:
            told, self._told = self._told, str(error)
            return Change(notes=(f"{error}; what runs goes on as it was",) if told != self._told else ())
        self._told = ""
        notes = [f"{name} changed: this takes effect at the next run" for name in _fixed(self._scenario, scenario)]
        before = dict(self._generations)
        changed = {name: content for name, content in modules.items() if self._modules.get(name) != content}
        for name in sorted(changed):
            if name == scenario.binary or name in extra_modules(scenario):
                notes.append(f"the component '{name}' changed: it takes effect at the next run")
            elif changed[name].startswith(FORMAT.encode()):
                self._generations[name] = self._generations.get(name, 0) + 1
                notes.append(f"'{name}' changed: what runs it is started anew")
            else:
                notes.append(f"the ROM module '{name}' changed")
        config = scenario.config if scenario.config != self._scenario.config else None
        if config is not None:
            notes.append("the config is applied")
        self._scenario = scenario
        self._modules.update(changed)
        generations = {} if before == self._generations else dict(self._generations)
        return Change(changed, config, generations, tuple(notes))


def fingerprint(scenario: Path) -> dict[str, tuple[int, int]]:
    """Times and sizes of all files that a scenario may depend on."""
    found: dict[str, tuple[int, int]] = {}
    for path in _files(scenario):
        try:
            status = os.stat(path)
        except OSError:                 # it vanished meanwhile
            continue
        found[str(path)] = status.st_mtime_ns, status.st_size
    return found


def _files(scenario: Path) -> Iterator[Path]:
    yield scenario
    folder = scenario.absolute().parent
    if scenario.name == FILE_NAME:
        yield from (path for path in folder.iterdir() if path.is_file())
    for shelf in shelves(folder):
        yield from shelf.folder.glob("*.py")        # what components share
        for name in shelf.names():
            yield from (shelf.folder / name).rglob("*.py")


def _fixed(before: Scenario, now: Scenario) -> list[str]:
    """What of a scenario can't change while it runs."""
    return [name for name in ("binary", "ram", "caps", "requires") if getattr(before, name) != getattr(now, name)]
