"""Labels as source code makes them: texts in which `*` stands for what is known at run time only.

A value is followed through names, attributes of `self`, arguments of calls, and what is read from the config; it can
have several alternatives. Where that ends, the answer is `*`. Calls are not told apart: a parameter has all values that
any of the calls gives it, as they are asked for by one component anyway.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import NamedTuple, TypeAlias

from bastide.tool.graph.code import Class, Function, Library, Module, Routine, assigned

ALTERNATIVES = 16
"""Values of one expression; beyond, it counts as unknown."""

_DEPTH, _EFFORT = 20, 20_000
_READERS = frozenset({"attribute", "value", "required"})
_COPIES = frozenset({"dict", "frozenset", "list", "reversed", "set", "sorted", "tuple"})


@dataclass(frozen=True, slots=True)
class Text:
    """What is known of a text. With an `attribute`, it is the value of any attribute of that name in the config, or
    only of `nodes` of these types at its top, and only of those that do not carry the attribute `unless`.
    """

    pattern: str
    attribute: str = ""
    nodes: tuple[str, ...] = ()
    unless: str = ""


UNKNOWN = Text("*")


class Choice(NamedTuple):
    """Where in the component's own source a text was chosen, if it was there; whether on a condition, and whether after
    the component came up.
    """

    place: str = ""
    perhaps: bool = False
    later: bool = False


NOWHERE = Choice()

Texts: TypeAlias = dict[Text, Choice]
"""Alternatives."""


@dataclass(frozen=True, eq=False)
class Scope:
    """Where an expression stands."""

    module: Module
    routine: Routine | None = None
    owner: Class | None = None
    nested: bool = False
    """In a function within the routine, or in a lambda."""

    def choice(self, node: ast.AST) -> Choice:
        return Choice(self.module.place(node)) if self.module.own else NOWHERE


@dataclass(frozen=True, eq=False)
class _Argument:
    """What a call gives to a parameter."""

    value: ast.expr
    scope: Scope
    caller: Function | None
    place: str
    conditional: bool
    nested: bool


@dataclass(frozen=True, eq=False)
class _Local:
    """What a name within a function may be: the value of an expression, or an element of it. None: unknown."""

    expression: ast.expr | None
    element: bool = False


class Flow:
    """Where values come from, in all code that was looked at."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self.certain: set[Function] = set()
        """Functions that are called in any case."""
        self.at_start: set[Function] = set()
        """Functions that are called before the component has come up."""
        self._arguments: dict[tuple[Function, str], list[_Argument]] = {}
        self._locals: dict[Function, dict[str, list[_Local]]] = {}
        self._attributes: dict[Class, dict[str, list[tuple[Scope, ast.expr]]]] = {}
        self._effort = 0

    def call(self, routine: Routine, call: ast.Call, scope: Scope, conditional: bool) -> None:
        """Remember what a call gives to the parameters of what it calls."""
        place = scope.module.place(call) if scope.module.own else ""
        caller = scope.routine.node if scope.routine is not None else None
        given: dict[str, ast.expr] = dict(zip(routine.parameters, call.args, strict=False))
        given.update((keyword.arg, keyword.value) for keyword in call.keywords if keyword.arg)
        callee = Scope(routine.module, None, routine.owner)
        for name, value in (routine.defaults | given).items():
            where = scope if name in given else callee
            self._arguments.setdefault((routine.node, name), []).append(
                _Argument(value, where, caller, place, conditional, scope.nested))

    def texts(self, expression: ast.expr, scope: Scope) -> Texts:
        """What the expression may be."""
        self._effort = _EFFORT
        found = self._texts(expression, scope, _DEPTH)
        return found if len(found) <= ALTERNATIVES else {UNKNOWN: NOWHERE}

    def _texts(self, expression: ast.expr, scope: Scope, depth: int) -> Texts:
        self._effort -= 1
        if depth == 0 or self._effort <= 0:
            return {UNKNOWN: NOWHERE}
        match expression:
            case ast.Constant(value=str() as text):
                return {Text(text): scope.choice(expression)}
            case ast.JoinedStr(values=values):
                return self._joined(values, scope, depth - 1)
            case ast.FormattedValue(value=value, conversion=-1, format_spec=None):
                return self._texts(value, scope, depth - 1)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return self._joined((left, right), scope, depth - 1)
            case ast.IfExp(body=body, orelse=orelse):
                return self._any((body, orelse), scope, depth - 1)
            case ast.BoolOp(values=values):
                return self._any(values, scope, depth - 1)
            case ast.NamedExpr(value=value):
                return self._texts(value, scope, depth - 1)
            case ast.Name(id=name):
                return self._named(name, scope, depth - 1)
            case ast.Attribute(value=ast.Name(id="self"), attr=name):
                return _union(self._texts(value, at, depth - 1) for at, value in self._kept(name, scope))
            case ast.Attribute(value=node, attr="name"):
                return {self._configured("name", node, scope): scope.choice(expression)}
            case ast.Call():
                return self._read(expression, scope, depth - 1)
            case ast.Subscript(value=ast.Attribute(value=node, attr="attributes"),
                               slice=ast.Constant(value=str() as name)):
                return {self._configured(name, node, scope): scope.choice(expression)}
            case ast.Subscript(value=value):
                return self._within(value, scope, depth - 1, keys=False)
        return {UNKNOWN: NOWHERE}

    def _joined(self, parts: Iterable[ast.expr], scope: Scope, depth: int) -> Texts:
        made: Texts = {Text(""): NOWHERE}
        for part in parts:
            further = self._texts(part, scope, depth)
            made = {Text(_collapsed(left.pattern + right.pattern)):
                    Choice(there.place or here.place, here.perhaps or there.perhaps, here.later or there.later)
                    for left, here in made.items() for right, there in further.items()}
            if len(made) > ALTERNATIVES:
                return {UNKNOWN: NOWHERE}
        return made

    def _any(self, expressions: Iterable[ast.expr], scope: Scope, depth: int) -> Texts:
        return _union(self._texts(expression, scope, depth) for expression in expressions)

    def _named(self, name: str, scope: Scope, depth: int) -> Texts:
        routine = scope.routine
        if routine is not None:
            if name in (known := self._known(routine.node)):
                return _union(self._local(local, scope, depth) for local in known[name])
            if given := self._arguments.get((routine.node, name)):
                return _union(self._given(argument, depth) for argument in given)
            if name in routine.parameters or any(name == arg.arg for arg in routine.node.args.kwonlyargs):
                return {UNKNOWN: NOWHERE}
        found = self._library.look_up(scope.module, ast.Name(name))
        return self._texts(found[1], Scope(found[0]), depth) if isinstance(found, tuple) else {UNKNOWN: NOWHERE}

    def _given(self, argument: _Argument, depth: int) -> Texts:
        """The outermost place in the component's own source says most; one condition on the way is enough."""
        perhaps = argument.conditional or (argument.caller is not None and argument.caller not in self.certain)
        later = argument.nested or (argument.caller is not None and argument.caller not in self.at_start)
        return {text: Choice(choice.place or argument.place, choice.perhaps or perhaps, choice.later or later)
                for text, choice in self._texts(argument.value, argument.scope, depth).items()}

    def _local(self, local: _Local, scope: Scope, depth: int) -> Texts:
        if local.expression is None:
            return {UNKNOWN: NOWHERE}
        if local.element:
            return self._within(local.expression, scope, depth, keys=True)
        return self._texts(local.expression, scope, depth)

    def _read(self, call: ast.Call, scope: Scope, depth: int) -> Texts:
        """What a call returns: known if it reads an attribute of a node."""
        match call:
            case ast.Call(func=ast.Attribute(value=node, attr=reader),
                          args=[ast.Constant(value=str() as name), *further]):
                if reader == "get" and isinstance(node, ast.Attribute) and node.attr == "attributes":
                    node = node.value
                elif reader not in _READERS:
                    return {UNKNOWN: NOWHERE}
                found: Texts = {self._configured(name, node, scope): scope.choice(call)}
                default = further[0] if further and reader != "required" else None
                if default is None or _empty(default):
                    return found
                return found | {replace(text, unless=name) if text.nodes else text: choice
                                for text, choice in self._texts(default, scope, depth).items()}
        return {UNKNOWN: NOWHERE}

    def _configured(self, name: str, node: ast.expr, scope: Scope) -> Text:
        """The value of an attribute of that node; all kinds of nodes have a name, so their type must be known then."""
        if name != "name":
            return Text("*", name)
        kinds = self._types(node, scope)
        return Text("*", name, kinds) if kinds else UNKNOWN

    def _types(self, node: ast.expr, scope: Scope) -> tuple[str, ...]:
        """Of the node, if it is a variable that goes through sub nodes of some types. Empty: unknown."""
        known = self._known(scope.routine.node) if scope.routine is not None else {}
        kinds: list[str] = []
        for local in known.get(node.id, ()) if isinstance(node, ast.Name) else ():
            match local:
                case _Local(ast.Call(func=ast.Attribute(attr="sub_nodes"), args=[_, *_] as types), element=True):
                    constants = [type.value for type in types
                                 if isinstance(type, ast.Constant) and isinstance(type.value, str)]
                    if len(constants) < len(types):
                        return ()
                    kinds += constants
                case _:
                    return ()
        return tuple(dict.fromkeys(kinds))

    def _within(self, container: ast.expr, scope: Scope, depth: int, *, keys: bool) -> Texts:
        """What elements of a container may be; of a dictionary, the `keys` or the values."""
        self._effort -= 1
        if depth == 0 or self._effort <= 0:
            return {UNKNOWN: NOWHERE}
        match container:
            case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
                return self._any(elements, scope, depth - 1)
            case ast.Dict(keys=names, values=values):
                return self._any((name for name in (names if keys else values) if name is not None), scope, depth - 1)
            case ast.ListComp(elt=element) | ast.SetComp(elt=element) | ast.GeneratorExp(elt=element):
                return self._texts(element, scope, depth - 1)
            case ast.DictComp(key=key, value=value):
                return self._texts(key if keys else value, scope, depth - 1)
            case ast.Call(func=ast.Name(id=name), args=[inner]) if name in _COPIES:
                return self._within(inner, scope, depth - 1, keys=keys)
            case ast.Name(id=name) if scope.routine is not None and name in self._known(scope.routine.node):
                return _union(
                    {UNKNOWN: NOWHERE} if local.expression is None or local.element
                    else self._within(local.expression, scope, depth - 1, keys=keys)
                    for local in self._known(scope.routine.node)[name])
            case ast.Name(id=name):
                found = self._library.look_up(scope.module, container)
                if isinstance(found, tuple):
                    return self._within(found[1], Scope(found[0]), depth - 1, keys=keys)
            case ast.Attribute(value=ast.Name(id="self"), attr=name):
                return _union(self._within(value, at, depth - 1, keys=keys) for at, value in self._kept(name, scope))
        return {UNKNOWN: NOWHERE}

    def _known(self, node: Function) -> dict[str, list[_Local]]:
        """The names that a function gives values to."""
        if node not in self._locals:
            known: dict[str, list[_Local]] = {}
            for name, local in _locals(node):
                known.setdefault(name, []).append(local)
            self._locals[node] = known
        return self._locals[node]

    def _kept(self, name: str, scope: Scope) -> list[tuple[Scope, ast.expr]]:
        """What an attribute of `self` is set to, in any method of its class and of the bases of that."""
        if scope.owner is None:
            return []
        if scope.owner not in self._attributes:
            kept: dict[str, list[tuple[Scope, ast.expr]]] = {}
            for owner in self._library.bases(scope.owner):
                for method in owner.methods.values():
                    at = Scope(owner.module, self._library.routine(owner.module, method, owner), scope.owner)
                    for statement in ast.walk(method):
                        if isinstance(statement, ast.Assign | ast.AnnAssign):
                            for target, value in assigned(statement):
                                kept.setdefault(target, []).append((at, value))
            self._attributes[scope.owner] = kept
        return self._attributes[scope.owner].get(f"self.{name}", [])


def _locals(function: Function) -> Iterator[tuple[str, _Local]]:
    for node in ast.walk(function):
        match node:
            case ast.Assign() | ast.AnnAssign():
                yield from ((name, _Local(value)) for name, value in assigned(node) if not name.startswith("self."))
            case ast.NamedExpr(target=ast.Name(id=name), value=value):
                yield name, _Local(value)
            case ast.For(target=target, iter=source) | ast.comprehension(target=target, iter=source):
                if isinstance(target, ast.Name):
                    yield target.id, _Local(source, element=True)
                else:
                    yield from ((part.id, _Local(None)) for part in ast.walk(target) if isinstance(part, ast.Name))
            case ast.Lambda(args=args):
                yield from ((arg.arg, _Local(None)) for arg in args.args)
            case ast.FunctionDef(args=args) if node is not function:
                yield from ((arg.arg, _Local(None)) for arg in args.args)


def _union(found: Iterable[Texts]) -> Texts:
    """All alternatives; of nothing at all nothing is known."""
    made: Texts = {}
    for texts in islice(found, ALTERNATIVES):
        for text, choice in texts.items():
            known = made.get(text, choice)
            made[text] = Choice(known.place or choice.place, *min(known[1:], choice[1:]))
    return made or {UNKNOWN: NOWHERE}


def _empty(expression: ast.expr) -> bool:
    return isinstance(expression, ast.Constant) and not (isinstance(expression.value, str) and expression.value)


def _collapsed(pattern: str) -> str:
    while "**" in pattern:
        pattern = pattern.replace("**", "*")
    return pattern
