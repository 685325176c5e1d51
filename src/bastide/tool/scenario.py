"""Scenarios: whole systems as one file each, in Genode's runtime format, read into values that can be trusted.

    runtime | ram: 32M | caps: 1000 | binary: init
    + requires | + timer
    + content  | + rom init | + rom hello_client
    + config
      + start hello_client
    + succeed
      : [hello_client] 2 + 5 = 7
    + fail | after_seconds: 20
    -

This module owns the format and its error messages. What the ROMs contain is found by `modules.py`, the verdict is
`criteria.py`'s, and the `config` is the business of the program that gets it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TypeVar

from bastide.base.errors import BastideError, InvalidNode
from bastide.base.node import Node
from bastide.base.value import Bytes
from bastide.tool.checkout import SCENARIOS
from bastide.tool.criteria import Criteria
from bastide.tool.log import visible
from bastide.tool.suggestion import suggestion

FILE_NAME = "runtime"
"""The scenario NAME is the file `scenarios/NAME/runtime`; the other files of its folder can be its ROM modules."""

PLATFORM_ROM = "ld.lib.so"
"""In a scenario for Genode the dynamic linker, here what each kernel preloads into a component: it needs no file."""

SERVICES = {
    "audio_in": "Audio_in", "audio_out": "Audio_out", "block": "Block", "capture": "Capture", "cpu": "CPU",
    "event": "Event", "file_system": "File_system", "fs": "File_system", "gpu": "Gpu", "gui": "Gui",
    "io_mem": "IO_MEM", "io_port": "IO_PORT", "irq": "IRQ", "log": "LOG", "nic": "Nic", "pd": "PD",
    "pin_control": "Pin_control", "pin_state": "Pin_state", "platform": "Platform", "play": "Play",
    "record": "Record", "report": "Report", "rm": "RM", "rom": "ROM", "rtc": "Rtc", "terminal": "Terminal",
    "timer": "Timer", "trace": "TRACE", "uplink": "Uplink", "usb": "Usb", "vm": "VM",
}
"""The vocabulary of `requires`, and the session interface that each word stands for."""

Amount = TypeVar("Amount", Bytes, int)

_SIZE_LIMIT = 1 << 20
_LONGEST_SHOWN = 200
_ROM_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,126}")
_TOP_ATTRIBUTES = ("ram", "caps", "binary", "config", "name")
_TOP_NODES = ("requires", "provides", "content", "config", "succeed", "fail")


class ScenarioError(BastideError):
    """The scenario can't be run as it is written; the text names file, line and column where there is one."""


class Requirement(NamedTuple):
    """A session that the scenario needs from outside, beyond what core provides."""

    service: str
    name: str = ""


class Rom(NamedTuple):
    """A boot module: `label` says where it comes from, `name` what it is called inside the scenario."""

    label: str
    name: str
    place: str = ""


@dataclass(frozen=True)
class Scenario:
    """A system that can be started."""

    name: str
    path: Path
    binary: str
    ram: Bytes
    caps: int
    requires: tuple[Requirement, ...]
    content: tuple[Rom, ...]
    config: Node | None
    criteria: Criteria


def valid_rom_name(name: str) -> bool:
    """Whether a ROM module can be called so: no separators, nothing that means another folder."""
    return _ROM_NAME.fullmatch(name) is not None and ".." not in name


def scenario_folders() -> tuple[Path, ...]:
    """Where scenarios are looked up by name: below the current folder, then below those that Bastide comes from."""
    return tuple(dict.fromkeys(folder / "scenarios" for folder in (Path.cwd(), *SCENARIOS)))


def scenario_names(folders: Iterable[Path]) -> list[str]:
    """All scenarios that can be called by name."""
    return sorted({file.parent.name for folder in folders for file in folder.glob(f"*/{FILE_NAME}")})


def find_scenario(wanted: str, folders: Sequence[Path]) -> Path:
    """The file of a scenario that is given by name or by path. Raises ScenarioError."""
    shown = visible(wanted if len(wanted) <= _LONGEST_SHOWN else wanted[:_LONGEST_SHOWN] + "…")
    by_name = [folder / wanted for folder in folders] if valid_rom_name(wanted) else []
    try:
        for path in (*by_name, Path(wanted)):
            if path.is_file():
                return path
            if (path / FILE_NAME).is_file():
                return path / FILE_NAME
        if wanted and Path(wanted).is_dir():
            raise ScenarioError(f"'{shown}' is a folder without a file '{FILE_NAME}', which would be the scenario")
        if wanted and Path(wanted).exists():
            raise ScenarioError(f"'{shown}' is no regular file, and a scenario has to be one")
    except (OSError, ValueError):       # a name that no file can have: too long, or with a zero
        pass
    places = [f"{folder}/*/{FILE_NAME}" for folder in folders if folder.is_dir()]
    hint = suggestion(wanted, scenario_names(folders)) or "; give its name or a path"
    raise ScenarioError(f"no scenario '{shown}': looked for {' and for '.join(['a file of that path', *places])}{hint}")


def named_scenario(wanted: str) -> Scenario:
    """The scenario that a command is given, by name or by path. Raises ScenarioError."""
    return read_scenario(find_scenario(wanted, scenario_folders()))


def read_scenario(path: Path) -> Scenario:
    """The scenario in a runtime file. Raises ScenarioError."""
    return parse_scenario(scenario_content(path), scenario_name(path), path)


def scenario_name(path: Path) -> str:
    """What the scenario in a file is called."""
    return path.absolute().parent.name if path.name == FILE_NAME else path.stem


def scenario_content(path: Path) -> bytes:
    """What stands in a runtime file. Raises ScenarioError."""
    try:
        if not path.is_file():          # before open, which would wait for the writer of a pipe
            raise ScenarioError(f"{path}: there is no such file")
        with path.open("rb") as file:
            content = file.read(_SIZE_LIMIT + 1)
    except (OSError, ValueError) as error:
        raise ScenarioError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if len(content) > _SIZE_LIMIT:
        raise ScenarioError(f"{path}: larger than 1 MiB, which is no runtime file; big data belongs into ROM modules")
    return content


def parse_scenario(text: str | bytes, name: str, path: Path) -> Scenario:
    """The scenario that `text` describes, as if it stood in the file `path`. Raises ScenarioError."""
    try:
        return _scenario(Node.parse(text, str(path)), name, path)
    except InvalidNode as error:
        raise ScenarioError(str(error)) from None


def _scenario(runtime: Node, name: str, path: Path) -> Scenario:
    if runtime.type != "runtime":
        raise ScenarioError(f"{runtime.place}: expected a node 'runtime', found '{runtime.type}'")
    _check_names(runtime, _TOP_ATTRIBUTES, _TOP_NODES)
    binary = runtime.required("binary", str)
    if not valid_rom_name(binary):
        raise ScenarioError(f"{runtime.place}: binary: '{binary}' is no name of a ROM module")
    return Scenario(name=name, path=path, binary=binary, ram=_positive(runtime, "ram", Bytes),
                    caps=_positive(runtime, "caps", int), requires=tuple(_requirements(runtime)),
                    content=_content(runtime), config=runtime.sub_node("config"), criteria=Criteria.parse(runtime))


def _check_names(node: Node, attributes: Sequence[str], types: Sequence[str]) -> None:
    for attribute in node.attributes:
        if attribute not in attributes:
            raise ScenarioError(f"{node.place}: '{node.type}' has no attribute '{attribute}'"
                                + suggestion(attribute, attributes))
    for sub_node in node.sub_nodes():
        if sub_node.type not in types:
            raise ScenarioError(f"{sub_node.place}: '{node.type}' has no node '{sub_node.type}'"
                                + suggestion(sub_node.type, types))


def _positive(runtime: Node, attribute: str, kind: type[Amount]) -> Amount:
    amount = runtime.required(attribute, kind)
    if not 0 < amount < 1 << 63:
        raise ScenarioError(f"{runtime.place}: {attribute}: '{runtime.attributes[attribute]}' is no amount "
                            "that a system could be given")
    return amount


def _requirements(runtime: Node) -> Iterator[Requirement]:
    for requires in runtime.sub_nodes("requires"):
        for node in requires.sub_nodes():
            if node.type not in SERVICES:
                raise ScenarioError(f"{node.place}: nothing is known that provides '{node.type}'"
                                    + suggestion(node.type, SERVICES))
            yield Requirement(SERVICES[node.type], _name_or_label(node))


def _content(runtime: Node) -> tuple[Rom, ...]:
    roms: dict[str, Rom] = {}
    for content in runtime.sub_nodes("content"):
        _check_names(content, (), ("rom",))
        for node in content.sub_nodes():
            _check_names(node, ("name", "label", "as"), ())
            _add(roms, _rom(node))
    if config := runtime.attributes.get("config"):
        if runtime.sub_node("config") is not None:
            raise ScenarioError(f"{runtime.place}: 'config: {config}' names a ROM module, "
                                "but there is a node 'config' too")
        if not valid_rom_name(config):
            raise ScenarioError(f"{runtime.place}: config: '{config}' is no name of a ROM module")
        _add(roms, Rom(config, "config", runtime.place))
    return tuple(roms.values())


def _rom(node: Node) -> Rom:
    label = _name_or_label(node)
    if not label:
        raise ScenarioError(f"{node.place}: 'rom' lacks its name: write 'rom NAME'")
    rom = Rom(label, node.attributes.get("as") or label, node.place)
    for name in (rom.label, rom.name):
        if not valid_rom_name(name):
            raise ScenarioError(f"{node.place}: '{name}' is no name of a ROM module: letters, digits and _ . + - "
                                "may occur, '/' and '..' may not")
    return rom


def _add(roms: dict[str, Rom], rom: Rom) -> None:
    earlier = roms.setdefault(rom.name, rom)
    if earlier.label != rom.label:
        raise ScenarioError(f"{rom.place}: the ROM module '{rom.name}' is '{rom.label}' here, "
                            f"but '{earlier.label}' at {earlier.place}")


def _name_or_label(node: Node) -> str:
    return node.attributes.get("name") or node.attributes.get("label") or ""
