"""Source code as names and definitions: what a name in a module stands for, followed through imports.

Nothing is run. What can't be told from the text alone (names that are computed, modules that are nowhere to be found)
is None. This file knows Python, and where modules of Bastide lie; it knows nothing of sessions.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from os.path import isfile
from pathlib import Path
from typing import TypeAlias

from bastide.tool.checkout import PACKAGE
from bastide.tool.sources import Source, absolute

FOLLOWED = 20
"""Steps from a name to what it stands for, and from a class to its bases: more than people write."""

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, eq=False)
class Imported:
    """A name that another module defines; with an empty `name`, it is that module."""

    module: str
    name: str = ""


@dataclass(frozen=True, eq=False)
class Module:
    """A module's text, parsed."""

    name: str
    file: str
    own: bool                           # part of the component, not of what it imports from Bastide
    package: bool
    tree: ast.Module
    names: dict[str, ast.AST | Imported] = field(default_factory=dict)

    def place(self, node: ast.AST) -> str:
        return f"{self.file}:{getattr(node, 'lineno', 1)}"


@dataclass(frozen=True, eq=False)
class Class:
    module: Module
    node: ast.ClassDef
    methods: dict[str, Function]

    @property
    def name(self) -> str:
        return self.node.name


@dataclass(frozen=True, eq=False)
class Routine:
    """A function or a method; `owner` is its class."""

    module: Module
    node: Function
    owner: Class | None = None

    @property
    def parameters(self) -> list[str]:
        """Without `self`."""
        args = self.node.args
        names = [arg.arg for arg in (*args.posonlyargs, *args.args)]
        return names[1:] if self.owner is not None and names[:1] in (["self"], ["cls"]) else names

    @property
    def defaults(self) -> dict[str, ast.expr]:
        args = self.node.args
        positional = [arg.arg for arg in (*args.posonlyargs, *args.args)]
        found = dict(zip(reversed(positional), reversed(args.defaults), strict=False))
        found.update((arg.arg, value) for arg, value in zip(args.kwonlyargs, args.kw_defaults, strict=True)
                     if value is not None)
        return found


Thing: TypeAlias = Class | Routine | Module | tuple[Module, ast.expr]
"""What a name stands for: the last is the value that a module gives it."""


class Library:
    """Modules by name, each parsed once: those of Bastide, and with `component` its own."""

    def __init__(self) -> None:
        self._modules: dict[str, Module | None] = {}
        self._classes: dict[ast.ClassDef, Class] = {}
        self._routines: dict[Function, Routine] = {}

    def component(self, sources: Iterable[Source]) -> list[Module]:
        """The modules of a component, from then on known by name to those that import them."""
        made = []
        for source in sources:
            module = None if source.path is None else _parsed(source.name, Path(source.path), source.package, True)
            self._modules[source.name] = module
            made += [module] if module is not None else []
        return made

    def module(self, name: str) -> Module | None:
        """A module of Bastide, or of a component that was named before."""
        if name not in self._modules:
            self._modules[name] = self._found(name)
        return self._modules[name]

    def look_up(self, module: Module, expression: ast.expr) -> Thing | None:
        """What a name, or a dotted name, stands for at the level of a module."""
        further: list[str] = []
        while isinstance(expression, ast.Attribute) and len(further) < FOLLOWED:
            further.insert(0, expression.attr)
            expression = expression.value
        found = self._named(module, expression.id) if isinstance(expression, ast.Name) else None
        for name in further:
            found = self._named(found, name) if isinstance(found, Module) else None
        return found

    def bases(self, made: Class) -> Iterator[Class]:
        """The class and those it derives from, nearest first."""
        todo, seen = [made], list[Class]()
        while todo and len(seen) < FOLLOWED:
            current = todo.pop(0)
            if current in seen:
                continue
            seen.append(current)
            yield current
            things = (self.look_up(current.module, base) for base in current.node.bases)
            todo += [thing for thing in things if isinstance(thing, Class)]

    def method(self, made: Class, name: str, *, above: bool = False) -> Routine | None:
        """The method that an object of the class has; `above`: that `super()` has."""
        for owner in list(self.bases(made))[int(above):]:
            if name in owner.methods:
                return self.routine(owner.module, owner.methods[name], owner)
        return None

    def routine(self, module: Module, node: Function, owner: Class | None = None) -> Routine:
        return self._routines.setdefault(node, Routine(module, node, owner))

    def class_of(self, module: Module, node: ast.ClassDef) -> Class:
        methods = {item.name: item for item in node.body if isinstance(item, Function)}
        return self._classes.setdefault(node, Class(module, node, methods))

    def _named(self, module: Module, name: str) -> Thing | None:
        for _ in range(FOLLOWED):
            found = module.names.get(name)
            if found is None:
                return self.module(f"{module.name}.{name}") if module.package else None
            if isinstance(found, ast.ClassDef):
                return self.class_of(module, found)
            if isinstance(found, Function):
                return self.routine(module, found)
            if isinstance(found, ast.expr):
                return module, found
            if not isinstance(found, Imported):
                return None
            holder = self.module(found.module)
            if holder is None or not found.name:
                return holder
            module, name = holder, found.name
        return None

    def _found(self, name: str) -> Module | None:
        if not name.startswith("bastide.") or not all(part.isidentifier() for part in name.split(".")):
            return None
        base = PACKAGE.parent.joinpath(*name.split("."))
        for path, package in ((base / "__init__.py", True), (base.with_suffix(".py"), False)):
            if isfile(path):            # False also for a name that no file can have
                return _parsed(name, path, package, False)
        return None


def _parsed(name: str, path: Path, package: bool, own: bool) -> Module | None:
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return None                     # told by whoever packs it
    module = Module(name, str(path), own, package, tree)
    within = name if package else name.rpartition(".")[0]
    for statement in _statements(tree.body):
        module.names.update(_defined(statement, within))
    return module


def _statements(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Those of a module, also below `if TYPE_CHECKING` and the like."""
    todo = [*body]
    todo.reverse()
    while todo:
        statement = todo.pop()
        yield statement
        if isinstance(statement, ast.If | ast.Try):
            todo += reversed([*statement.body, *statement.orelse])


def _defined(statement: ast.stmt, within: str) -> Iterator[tuple[str, ast.AST | Imported]]:
    if isinstance(statement, ast.ClassDef | Function):
        yield statement.name, statement
    elif isinstance(statement, ast.Import):
        for alias in statement.names:
            whole = alias.name if alias.asname else alias.name.partition(".")[0]
            yield alias.asname or whole, Imported(whole)
    elif isinstance(statement, ast.ImportFrom):
        base = absolute(within, statement.level, statement.module or "")
        for alias in statement.names:
            yield alias.asname or alias.name, Imported(base, alias.name)
    elif isinstance(statement, ast.Assign | ast.AnnAssign):
        yield from assigned(statement)


def assigned(statement: ast.Assign | ast.AnnAssign) -> Iterator[tuple[str, ast.expr]]:
    """Names and values of an assignment; attributes of self are called `self.name`."""
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    if statement.value is None:
        return
    for target in targets:
        pairs = [(target, statement.value)]
        if isinstance(target, ast.Tuple) and isinstance(statement.value, ast.Tuple):
            pairs = list(zip(target.elts, statement.value.elts, strict=False))
        for left, right in pairs:
            if isinstance(left, ast.Name):
                yield left.id, right
            elif isinstance(left, ast.Attribute) and isinstance(left.value, ast.Name) and left.value.id == "self":
                yield f"self.{left.attr}", right
