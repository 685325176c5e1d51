"""What the checker knows while it goes through one function: names, what is certain at this point, and the program."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bare.compiler import tree, types
from bare.compiler.source import Mistake, Place
from bare.compiler.symbols import BUILTINS, Instance, Module, Symbol
from bare.compiler.types import Type

if TYPE_CHECKING:
    from bare.compiler.program import Program


@dataclass
class Flow:
    """What holds whenever control gets here: names that have a value, and types that tests have narrowed."""

    assigned: set[str] = field(default_factory=set)
    narrowed: dict[str, Type] = field(default_factory=dict)
    dead: bool = False                  # control does not get here

    def fork(self) -> Flow:
        return Flow(set(self.assigned), dict(self.narrowed), self.dead)

    def join(self, other: Flow) -> Flow:
        """What holds if control came from either."""
        if self.dead:
            return other
        if other.dead:
            return self
        narrowed = {name: kind for name, kind in self.narrowed.items() if other.narrowed.get(name) == kind}
        return Flow(self.assigned & other.assigned, narrowed)


@dataclass
class Loop:
    """A loop around the statement: the states in which it is left by `break`."""

    exits: list[Flow] = field(default_factory=list)


@dataclass
class Context:
    """The function that is checked; for the expressions of a module, `instance` is None and `order` its position."""

    program: Program
    module: Module
    instance: Instance | None = None
    bindings: dict[str, Type] = field(default_factory=dict)
    local_names: set[str] = field(default_factory=set)
    global_names: set[str] = field(default_factory=set)
    variables: dict[str, tree.Variable] = field(default_factory=dict)
    temporaries: list[tree.Variable] = field(default_factory=list)
    flow: Flow = field(default_factory=Flow)
    loops: list[Loop] = field(default_factory=list)
    calls: dict[str, int] = field(default_factory=dict)

    @property
    def fresh(self) -> int:
        """The origin of memory that is made here."""
        if self.instance is None:
            return tree.OUTER
        return tree.LOOP if self.loops else tree.FRAME

    def symbol(self, name: str) -> Symbol | None:
        """What a name stands for outside of this function."""
        return self.module.scope.get(name) or BUILTINS.get(name)

    def temporary(self, kind: Type, line: int, origin: int) -> tree.Variable:
        made = tree.Variable(f"temporary.{len(self.temporaries)}", kind, -1, origin, line)
        self.temporaries.append(made)
        return made

    def require_unsafe(self, place: Place, what: str) -> None:
        if not self.module.unsafe:
            raise Mistake(place, f"{what} is unsafe: only modules that import from bare.unsafe may use it")


def assigned_names(body: Iterable[ast.AST]) -> set[str]:
    """The names that statements give a value to. Looks at what can hold one, for expressions are most of a program."""
    found: set[str] = set()
    waiting: list[ast.AST] = list(body)
    while waiting:
        node = waiting.pop()
        match node:
            case ast.Assign(targets=targets):
                waiting += targets
            case ast.AnnAssign(target=target) | ast.AugAssign(target=target):
                waiting.append(target)
            case ast.Name(id=name):
                found.add(name)
            case ast.Tuple(elts=elements) | ast.List(elts=elements):
                waiting += elements
            case ast.If(body=first, orelse=other) | ast.While(body=first, orelse=other):
                waiting += first + other
            case ast.For(target=target, body=first, orelse=other):
                waiting += [target, *first, *other]
            case ast.Match(cases=cases):
                for case in cases:
                    waiting += [case.pattern, *case.body]
            case ast.pattern():
                waiting += [inner for inner in ast.iter_child_nodes(node) if isinstance(inner, ast.pattern)]
                if isinstance(node, (ast.MatchAs, ast.MatchStar)) and node.name:
                    found.add(node.name)
    return found


def global_names(body: Iterable[ast.stmt]) -> set[str]:
    """The names that `global` statements list."""
    found: set[str] = set()
    waiting = list(body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Global):
            found.update(node.names)
        elif isinstance(node, (ast.If, ast.While, ast.For)):
            waiting += node.body + node.orelse
        elif isinstance(node, ast.Match):
            waiting += [inner for case in node.cases for inner in case.body]
    return found


def coerce(place: Place, value: tree.Expression, target: Type) -> tree.Expression:
    """A value where another type is expected: the same one, or one that contains it. Nothing else is converted."""
    kind = value.type
    if kind == target or types.UNKNOWN in (kind, target):
        return value
    match target:
        case types.Optional(payload):
            if kind is types.NONE:
                return tree.Nothing(target, value.line, origin=tree.OUTER)
            if not isinstance(kind, types.Optional):
                inner = coerce(place, value, payload)
                return tree.Some(target, value.line, inner, origin=inner.origin)
        case types.View(element, False) if kind == types.View(element, True):
            return tree.Widen(target, value.line, value, origin=value.origin)
        case types.Outcome(ok, error) if isinstance(kind, types.Outcome):
            if kind.ok in (ok, types.NEVER) and kind.error in (error, types.NEVER):
                return tree.Widen(target, value.line, value, origin=value.origin)
    if kind is types.LITERAL and isinstance(value, tree.Constant) and isinstance(target, types.Int):
        raise Mistake(place, f"expected {target}, got a literal: write {target}({value.value})")
    raise Mistake(place, f"expected {target}, got {kind}")


def adapt(place: Place, value: tree.Expression, target: Type) -> tree.Expression:
    """An operand of an operator, an index or a bound: here literals take the type that is expected."""
    if value.type is types.LITERAL and isinstance(value, tree.Constant) and isinstance(target, types.Int):
        if not target.holds(value.value):
            raise Mistake(place, f"{value.value} does not fit {target}")
        return tree.Constant(target, value.line, value.value)
    return coerce(place, value, target)
