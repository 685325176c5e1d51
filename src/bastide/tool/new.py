"""The command `new`: begins a component, a scenario or a project, as files that run, are tested and lint clean at once.

Owns what is written where; the words are in `skeletons/`. Nothing that exists is ever written over.
"""

from __future__ import annotations

import argparse
import keyword
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

from bastide.tool.arguments import Parser
from bastide.tool.main import SCENARIO_FAILED, SUCCESS, USAGE

if TYPE_CHECKING:
    from bastide.tool.sources import Source

SKELETONS = Path(__file__).parent / "skeletons"

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")


class CannotBegin(Exception):
    """Nothing was written; the text says why, and what would help."""


def main(arguments: Sequence[str]) -> int:
    """Write the files, and tell what to do with them."""
    options = parser().parse_args(arguments)
    begin: Callable[[argparse.Namespace], tuple[dict[Path, str], list[str]]] = options.begin
    try:
        files, next_steps = begin(options)
        write(files)
    except CannotBegin as error:
        print(f"bastide new: {error}", file=sys.stderr)
        return USAGE
    except OSError as error:
        print(f"bastide new: {error.filename}: can't be written: {error.strerror}", file=sys.stderr)
        return SCENARIO_FAILED
    for path in files:
        print(f"  {os.path.relpath(path)}")
    print("\nnow try:")
    for step in next_steps:
        print(f"  {step}")
    return SUCCESS


def component(name: str, place: Path) -> dict[Path, str]:
    """A component that greets in the words of its config, and its test."""
    module = module_name(name)
    words = {"name": name, "module": module}
    return {
        place / "components" / module / "main.py": skeleton("component.py", words),
        place / "components" / module / "README.md": skeleton("component.md", words),
        place / "tests" / f"test_{module}.py": skeleton("test_component.py", words),
    }


def scenario(name: str, started: Sequence[str], place: Path) -> dict[Path, str]:
    """A scenario that starts these components, and its test."""
    from bastide.tool.boot import OUTER_DRIVERS, TOOL_SERVICES
    from bastide.tool.graph.wishes import announcements, wishes

    code = {component: _sources(component) for component in started}
    provided = {component: sorted(announcements(code[component])) for component in started}
    asked = {wish.service for component in started for wish in wishes(code[component])}
    outside = sorted((asked & (OUTER_DRIVERS.keys() | TOOL_SERVICES)).difference(*provided.values()))
    words = {
        "name": name, "module": module_name(name), "last": started[-1],
        "requires": "".join(f"+ requires | + {service.lower()}\n" for service in outside),
        "roms": "\n".join(f"  + rom {component}" for component in started),
        "services": "".join(f"    + service {service}\n" for service in outside),
        "starts": "\n".join(f"  + start {component}" + "".join(
            f"\n    + provides | + service {service}" for service in provided[component]) for component in started)}
    return {
        place / "scenarios" / name / "runtime": skeleton("scenario.hid", words),
        place / "tests" / f"test_scenario_{module_name(name)}.py": skeleton("test_scenario.py", words),
    }


def _sources(component: str) -> list[Source]:
    """The modules of a component, if they can be found: what they announce and ask for decides on its routes."""
    from bastide.tool.modules import Modules, shelves
    from bastide.tool.sources import PackError
    from bastide.tool.sources import component as sources

    found = Modules(None, shelves()).component(component)
    try:
        return sources(*found) if found is not None else []
    except PackError:
        return []                       # whoever packs it will say what is wrong with it


def project(place: Path) -> dict[Path, str]:
    """A project of its own: a server, its client, what they share, a scenario, and tests."""
    name = place.name
    words = {"name": name, "module": module_name(name)}
    return {
        place / "README.md": skeleton("project.md", words),
        place / "pyproject.toml": skeleton("project.toml", words),
        place / ".gitignore": skeleton("project.gitignore", words),
        place / "components" / "greeting.py": skeleton("greeting.py", words),
        place / "components" / "greeter" / "main.py": skeleton("greeter.py", words),
        place / "components" / "greeter" / "README.md": skeleton("greeter.md", words),
        place / "components" / "visitor" / "main.py": skeleton("visitor.py", words),
        place / "components" / "visitor" / "README.md": skeleton("visitor.md", words),
        place / "scenarios" / name / "runtime": skeleton("project.hid", words),
        place / "tests" / f"test_{module_name(name)}.py": skeleton("test_project.py", words),
    }


def skeleton(file: str, words: Mapping[str, str]) -> str:
    """A text of `skeletons/` with its `$name`s filled in."""
    return Template((SKELETONS / f"{file}.txt").read_text()).substitute(words)


def module_name(name: str) -> str:
    return name.replace("-", "_")


def write(files: Mapping[Path, str]) -> None:
    """Write all files, or none if one of them exists already. Raises CannotBegin, OSError."""
    for path in files:
        if path.exists() or path.is_symlink():
            raise CannotBegin(f"{os.path.relpath(path)} exists already, and nothing is written over; "
                              "choose another name")
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x") as file:
            file.write(text)


def checked(name: str, what: str) -> str:
    """The name, if something can be called so. Raises CannotBegin."""
    module = module_name(name)
    if not _NAME.fullmatch(name) or keyword.iskeyword(module):
        raise CannotBegin(f"'{name[:60]}' is no name for a {what}: expected up to 32 lower-case letters, digits, '_' "
                          "and '-', with a letter first, such as 'my_server'")
    if module in sys.stdlib_module_names:
        raise CannotBegin(f"'{name}' is the name of a module of the standard library; choose another one")
    return name


def _begin_component(options: argparse.Namespace) -> tuple[dict[Path, str], list[str]]:
    name = checked(options.name, "component")
    return component(name, Path.cwd()), [f"bastide new scenario {name}-alone {name}", _pytest(module_name(name))]


def _begin_scenario(options: argparse.Namespace) -> tuple[dict[Path, str], list[str]]:
    name = checked(options.name, "scenario")
    started = [checked(component, "component") for component in options.components]
    if not started:
        found = sorted(main.parent.name for main in Path.cwd().glob("components/*/main.py"))
        started = found or ["hello_server", "hello_client"]
    return (scenario(name, started, Path.cwd()),
            [f"bastide run {name}", _pytest(f"scenario_{module_name(name)}")])


def _begin_project(options: argparse.Namespace) -> tuple[dict[Path, str], list[str]]:
    place = Path(os.path.abspath(options.folder))
    checked(place.name, "project, which gets that of its folder")
    if place.is_dir() and any(place.iterdir()):
        raise CannotBegin(f"the folder {options.folder} is not empty; choose one that is, or a new one")
    return project(place), [f"cd {options.folder}", f"bastide run {place.name}", "pytest"]


def _pytest(test: str) -> str:
    return f"pytest tests/test_{test}.py"


def parser() -> argparse.ArgumentParser:
    """What the command understands."""
    made = Parser(
        prog="bastide new",
        description="Begin something of your own, in the current folder: files that run and are tested.",
        epilog="Example: bastide new project town")
    kinds = made.add_subparsers(required=True, metavar="component | scenario | project")
    kind = kinds.add_parser("component", help="components/NAME with a test", description=component.__doc__)
    kind.add_argument("name", metavar="NAME")
    kind.set_defaults(begin=_begin_component)
    kind = kinds.add_parser("scenario", help="scenarios/NAME with a test", description=scenario.__doc__)
    kind.add_argument("name", metavar="NAME")
    kind.add_argument("components", metavar="COMPONENT", nargs="*",
                      help="what it starts (default: all in components/, or Bastide's hello)")
    kind.set_defaults(begin=_begin_scenario)
    kind = kinds.add_parser("project", help="a folder with a server, a client, a scenario and tests",
                            description=project.__doc__)
    kind.add_argument("folder", metavar="DIR")
    kind.set_defaults(begin=_begin_project)
    return made
