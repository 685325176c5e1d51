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
from bastide.base.node import Generator, Node
from bastide.tool.boot import extra_modules, load, top_config
from bastide.tool.modules import shelves
from bastide.tool.scenario import FILE_NAME, Scenario, read_scenario


@dataclass(frozen=True)
class Change:
    """What is to be done. `modules` come before `config`, which starts components anew by another version."""

    modules: Mapping[str, bytes] = field(default_factory=dict)
    config: bytes | None = None
    notes: tuple[str, ...] = ()


class Edits:
    """Compares what runs with what is on disk."""

    def __init__(self, scenario: Scenario, modules: Mapping[str, bytes]) -> None:
        self._scenario, self._modules = scenario, dict(modules)
        self._config = str(top_config(scenario) or "")
        self._generations: dict[str, int] = {}
        self._told = ""

    def look(self) -> Change:
        """What changed since the last time."""
        try:
            scenario = read_scenario(self._scenario.path)
            modules = load(scenario)
            config = top_config(scenario)
        except BastideError as error:
            told, self._told = self._told, str(error)
            return Change(notes=(f"{error}; what runs goes on as it was",) if told != self._told else ())
        self._told = ""
        notes = [f"{name} changed: this takes effect at the next run" for name in _fixed(self._scenario, scenario)]
        changed = {name: content for name, content in modules.items() if self._modules.get(name) != content}
        for name in sorted(changed):
            if name == scenario.binary or name in extra_modules(scenario):
                notes.append(f"the component '{name}' changed: it takes effect at the next run")
            elif changed[name].startswith(FORMAT.encode()):
                self._generations[name] = self._generations.get(name, 0) + 1
                notes.append(f"'{name}' changed: what runs it is started anew")
            else:
                notes.append(f"the ROM module '{name}' changed")
        self._scenario = scenario
        self._modules.update(changed)
        text = "" if config is None else str(renewed(config, self._generations))
        if text != self._config:
            self._config = text
            notes.append("the config is applied")
            return Change(changed, text.encode(), tuple(notes))
        return Change(changed, None, tuple(notes))


def renewed(config: Node, generations: Mapping[str, int]) -> Node:
    """The config in which everything that runs a changed binary has another version, at every depth."""
    made = Generator(config.type)
    for name, value in config.attributes.items():
        made.attribute(name, value)
    if config.type == "start":
        named = config.sub_node("binary")
        binary = (named.attributes.get("name") if named is not None else None) or config.attributes.get("name", "")
        if binary in generations:
            made.attribute("version", f"{config.attributes.get('version', '')}+{generations[binary]}")
    for child in config.children:
        made.copy(renewed(child, generations))
    made.text(config.text)
    return made.build()


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
