"""Finds the modules that make up a component: those in its folder, and those that it shares with others.

What several components share lies beside their folders, and each binary gets what it imports of it:

    components/greeting.py          from components.greeting import GreetingSession
    components/greeter/main.py      ... is what both of these say
    components/visitor/main.py

Nothing is run to find out. Folders beside a component are other components, which it can't import. What is done with
what is found is the business of `pack.py`.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from bastide.base.errors import BastideError


class PackError(BastideError):
    """A folder can't become a binary; the text names the file, the place in it, and what would help."""


class Source(NamedTuple):
    """A module that was found; `path` is None for a package without an __init__.py, `file` the name in tracebacks."""

    name: str
    package: bool
    path: str | None
    file: str


def sources(folder: Path, package: str, *, skip: Collection[str] = ("tests",), prefix: str = "") -> Iterator[Source]:
    """The package made of a folder and all below it, folders named in `skip` excepted; ordered by name.

    `package` is its full name; with '' the folder is a root of modules and no package. File names get `prefix`.
    """
    path = prefix + (package.replace(".", "/") + "/" if package else "")
    dot = package + "." if package else ""
    ignored = {*skip, "__pycache__"}
    folders: list[tuple[str, str]] = []
    modules: dict[str, str] = {}
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                stem, suffix = os.path.splitext(entry.name)
                if suffix == ".py" and stem.isidentifier() and not _for_tests(stem) and entry.is_file():
                    modules[stem] = entry.path
                elif entry.name.isidentifier() and entry.name not in ignored and entry.is_dir(follow_symlinks=False):
                    folders.append((entry.name, entry.path))
    except OSError as error:
        raise PackError(f"folder {str(folder)!r} can't be read: {error.strerror}") from error

    init = modules.pop("__init__", None)
    if package:
        yield Source(package, True, init, f"{path}__init__.py")
    for name in sorted(modules):
        yield Source(dot + name, False, modules[name], f"{path}{name}.py")
    for name, place in sorted(folders):
        below = list(sources(Path(place), dot + name, skip=skip, prefix=prefix))
        if all(source.path is None for source in below):  # data, or compiled files
            continue
        if name in modules:
            raise PackError(f"folder {place!r} and file {modules[name]!r} are both {dot + name!r}; rename one of them")
        yield from below


def shared(own: Iterable[Source], folders: Sequence[Path], package: str) -> list[Source]:
    """Modules of `folders`, which are the package `package`, that `own` import: directly, or one through another."""
    candidates = _candidates(folders) if package else {}
    found: dict[str, Source] = {}
    todo = list(own) if candidates else []
    while todo:
        source = todo.pop()
        for name in _imported(source, package, candidates):
            if name not in found:
                found[name] = Source(f"{package}.{name}", False, str(candidates[name]),
                                     f"{package.replace('.', '/')}/{name}.py")
                todo.append(found[name])
    return [found[name] for name in sorted(found)]


def component(folder: Path, package: str, beside: Sequence[Path] = ()) -> list[Source]:
    """The modules of the component in `folder`: its own as `<package>.<name of the folder>`, and those it shares.

    What it shares with others is looked up in the folder around it, then in those named `beside`.
    """
    found = list(sources(folder, f"{package}.{folder.name}" if package else folder.name))
    return found + shared(found, (folder.parent, *beside), package)


def absolute(within: str, level: int, module: str) -> str:
    """The name of the module that an import in the package `within` means by `level` dots and `module`."""
    if level == 0:
        return module
    parts = within.split(".")
    base = ".".join(parts[: max(len(parts) - level + 1, 0)])
    return f"{base}.{module}" if module else base


def _candidates(folders: Sequence[Path]) -> dict[str, Path]:
    """What there is to be shared: the modules that lie in `folders`, of the same name the one in the first folder."""
    found: dict[str, Path] = {}
    for folder in folders:
        for path in folder.glob("*.py"):
            if path.stem not in ("__init__", *found) and path.is_file():
                found[path.stem] = path
    return found


def _for_tests(stem: str) -> bool:
    return stem.startswith("test_") or stem == "conftest"


def _imported(source: Source, package: str, candidates: Collection[str]) -> Iterator[str]:
    """Those of the `candidates`, modules directly in `package`, that a module imports."""
    if source.path is None:
        return
    try:
        text = Path(source.path).read_bytes()
    except OSError as error:
        raise PackError(f"{source.path}: can't be read: {error.strerror}") from error
    if not any(name.encode() in text for name in candidates):
        return                      # parsing costs a hundred times more than looking
    import ast  # late, as most runs do without

    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return                      # told by whoever compiles it
    within = source.name if source.package else source.name.rpartition(".")[0]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = absolute(within, node.level, node.module or "")
            names = [f"{base}.{alias.name}" for alias in node.names] if base == package else [base]
        else:
            continue
        yield from (name for name in _below(package, names) if name in candidates)


def _below(package: str, names: Iterable[str]) -> Iterator[str]:
    for name in names:
        if name.startswith(f"{package}."):
            yield name[len(package) + 1:].partition(".")[0]
