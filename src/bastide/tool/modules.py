"""Where the ROM modules of a scenario come from: files beside it, and components that are packed when asked for.

A module is looked up by its name alone, in this order: a file beside the scenario; a component in `components/` beside
the scenario, then in the project around it, then below the current folder; a component that comes with Bastide. A
component is a folder with a `main.py`, spelled with underscores: the module `test-init` is the folder `test_init`.
Scenarios are files, too: one is no module of itself, and none is taken for a component.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from bastide.base.binary import FORMAT
from bastide.tool.checkout import CHECKOUT, PACKAGE
from bastide.tool.pack import pack
from bastide.tool.scenario import FILE_NAME, PLATFORM_ROM, Scenario, ScenarioError, valid_rom_name
from bastide.tool.suggestion import suggestion

SIZE_LIMIT = 256 << 20
Pack = Callable[[Path, str], bytes]
_BEGINNING = 256
_SCENARIO = re.compile(rb"\s*<?runtime\b")
_PLATFORM_CONTENT = b"supplied by the platform\n"


class Shelf(NamedTuple):
    """A folder of components; `package` is what they are sub-packages of."""

    folder: Path
    package: str
    only: frozenset[str] | None = None
    """The components to be taken from a folder that has other content too; None: all."""

    def component(self, name: str) -> Path | None:
        """The folder of a component."""
        if self.only is not None and name not in self.only:
            return None
        folder = self.folder / name
        return folder if (folder / "main.py").is_file() else None

    def names(self) -> Iterator[str]:
        found = (main.parent.name for main in self.folder.glob("*/main.py"))
        return (name for name in found if self.only is None or name in self.only)


def shelves(scenario_folder: Path | None = None) -> tuple[Shelf, ...]:
    """All places where components can come from, the most special first."""
    users = [folder / "components" for folder in (scenario_folder, project_of(scenario_folder), Path.cwd())
             if folder is not None]
    own = [Shelf(PACKAGE / kind, f"bastide.{kind}") for kind in ("app", "server", "driver")]
    return tuple(dict.fromkeys((
        *(Shelf(folder.absolute(), "components") for folder in users), *own,
        Shelf(PACKAGE, "bastide", frozenset({"init"})), Shelf(CHECKOUT / "tests" / "components", "components"))))


def project_of(folder: Path | None) -> Path | None:
    """The project that a scenario belongs to: the closest folder above it with a pyproject.toml, if there is one."""
    above = folder.absolute().parents if folder is not None else ()
    return next((place for place in above if (place / "pyproject.toml").is_file()), None)


class Modules:
    """The content of ROM modules, by name. A component that was found is not looked for again; others may yet come."""

    def __init__(self, data_folder: Path | None, shelves: Sequence[Shelf], binary: Pack = pack,
                 scenario: str = FILE_NAME) -> None:
        """`binary` makes the content of a component's module of its folder and its package. `scenario` is a file in the
        data folder.
        """
        self._data_folder, self._shelves, self._binary = data_folder, tuple(shelves), binary
        self._scenario = scenario
        self._packed: dict[str, bytes] = {}
        self._components: dict[str, tuple[Shelf, Path]] = {}

    @classmethod
    def of(cls, scenario: Path, binary: Pack = pack) -> Modules:
        """What the scenario in that file can name."""
        folder = scenario.absolute().parent
        return cls(folder, shelves(folder), binary, scenario.name)

    def find(self, name: str) -> bytes | None:
        """The content of a module; None: there is none of that name. Raises ScenarioError if it can't be read."""
        if not valid_rom_name(name):
            return None
        if name == PLATFORM_ROM:
            return _PLATFORM_CONTENT
        if (data := self._data(name)) is not None:
            return data
        if name not in self._packed and (found := self._component(name)) is not None:
            shelf, folder = found
            self._packed[name] = self._binary(folder, shelf.package)
        return self._packed.get(name)

    def known(self, name: str) -> bool:
        """Whether there is a module of that name, for which nothing is packed. Raises ScenarioError."""
        if not valid_rom_name(name):
            return False
        return name == PLATFORM_ROM or self._data_file(name) is not None or self.component(name) is not None

    def component(self, name: str) -> tuple[Path, str] | None:
        """Folder and package of the component that a module is packed from; None: it is data, or there is none."""
        if not valid_rom_name(name) or name == PLATFORM_ROM or self._data_file(name) is not None:
            return None
        found = self._component(name)
        return None if found is None else (found[1], found[0].package)

    def folders(self, package: str) -> list[Path]:
        """Where components of a package come from, the most special first."""
        return [shelf.folder for shelf in self._shelves if shelf.package == package]

    def names(self) -> list[str]:
        """All names that `find` knows."""
        components = {name for shelf in self._shelves for name in shelf.names()}
        return sorted(components | {path.name for path in self._files()})

    def boot(self, scenario: Scenario, instead: Mapping[str, bytes] = MappingProxyType({})) -> dict[str, bytes]:
        """Content of all modules that the scenario is given, by the name it uses for them. Raises ScenarioError.

        What `instead` has is not looked up, and given in any case.
        """
        modules = dict(instead)
        for rom in scenario.content:
            if rom.name not in modules:
                modules[rom.name] = self._required(rom.label, rom.place)
        if scenario.binary not in modules:
            modules[scenario.binary] = self._required(scenario.binary, str(scenario.path))
        if not modules[scenario.binary].startswith(FORMAT.encode()):
            raise ScenarioError(f"{scenario.path}: binary: the ROM module '{scenario.binary}' is no component, which "
                                "would be a folder with a main.py; does a file of that name lie beside the scenario?")
        return modules

    def _required(self, name: str, place: str) -> bytes:
        content = self.find(name)
        if content is not None:
            return content
        places = [str(self._data_folder)] if self._data_folder else []
        places += [str(shelf.folder) for shelf in self._shelves if shelf.only is None]
        raise ScenarioError(f"{place}: no ROM module '{name}': neither a file nor a folder '{name.replace('-', '_')}' "
                            f"with a main.py in {', '.join(places)}{suggestion(name, self.names())}")

    def _component(self, name: str) -> tuple[Shelf, Path] | None:
        if name not in self._components:
            for shelf in self._shelves:
                if (folder := shelf.component(name.replace("-", "_"))) is not None:
                    self._components[name] = shelf, folder
                    break
        return self._components.get(name)

    def _data_file(self, name: str) -> Path | None:
        if self._data_folder is None or name in (FILE_NAME, self._scenario):
            return None
        path = self._data_folder / name
        try:
            if not path.is_file():
                return None
            if (found := self._component(name)) is not None and _scenario_like(path):
                raise ScenarioError(f"{path}: this scenario has the name of a component, so the ROM module '{name}' "
                                    f"may be meant to be {found[1]}; rename the scenario, or move it elsewhere")
            return path
        except OSError as error:
            raise ScenarioError(f"{path}: cannot be read: {error.strerror}") from None

    def _data(self, name: str) -> bytes | None:
        path = self._data_file(name)
        if path is None:
            return None
        try:
            if path.stat().st_size > SIZE_LIMIT:
                raise ScenarioError(f"{path}: larger than {SIZE_LIMIT >> 20} MiB, which is too much for a ROM module")
            return path.read_bytes()
        except OSError as error:
            raise ScenarioError(f"{path}: cannot be read: {error.strerror}") from None

    def _files(self) -> Iterator[Path]:
        if self._data_folder is not None and self._data_folder.is_dir():
            yield from (path for path in self._data_folder.iterdir()
                        if path.is_file() and path.name not in (FILE_NAME, self._scenario))


def _scenario_like(path: Path) -> bool:
    with path.open("rb") as file:
        return _SCENARIO.match(file.read(_BEGINNING)) is not None
