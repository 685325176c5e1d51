"""Loops: what may be gone over, and what is certain in the body and after it."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from bare.compiler import tree, types
from bare.compiler.check import expression as expressions
from bare.compiler.check import narrowing
from bare.compiler.check import statement as statements
from bare.compiler.check.context import Context, Flow, Loop, adapt, assigned_names
from bare.compiler.source import Mistake
from bare.compiler.symbols import Word
from bare.compiler.types import Type


def _loop_body(cx: Context, body: list[ast.stmt], prepare: Callable[[], None]) -> tuple[list[tree.Statement], Loop]:
    """The body of a loop. What it changes is not known at its start, for it may run again."""
    changed = assigned_names(body)
    loop = Loop()
    cx.loops.append(loop)
    for name in changed:
        cx.flow.narrowed.pop(name, None)
    prepare()
    result = statements.block(cx, body)
    cx.loops.pop()
    return result, loop


def while_(cx: Context, node: Any) -> list[tree.Statement]:
    if node.orelse:
        raise Mistake(node.orelse[0], "a loop has no else")
    forever = isinstance(node.test, ast.Constant) and node.test.value is True
    for name in assigned_names(node.body):
        cx.flow.narrowed.pop(name, None)
    cx.loops.append(Loop())             # a struct that the condition makes is made in each round
    test = None if forever else expressions.condition(cx, node.test)
    cx.loops.pop()
    before = cx.flow
    cx.flow = before.fork()
    body, loop = _loop_body(cx, node.body, lambda: narrowing.narrow(cx, node.test, True))
    if forever:
        cx.flow = Flow(dead=True)
    else:
        cx.flow = before
        narrowing.narrow(cx, node.test, False)
    for state in loop.exits:
        cx.flow = cx.flow.join(state)
    return [tree.While(node.lineno, test, body)]


def for_(cx: Context, node: Any) -> list[tree.Statement]:
    if node.orelse:
        raise Mistake(node.orelse[0], "a loop has no else")
    if not isinstance(node.target, ast.Name):
        raise Mistake(node.target, "the variable of a loop is a name")
    if node.target.id in cx.global_names:
        raise Mistake(node.target, "the variable of a loop is local")
    called = expressions.static_symbol(cx, node.iter.func) if isinstance(node.iter, ast.Call) else None
    if called == Word("range"):
        return _count(cx, node)
    items = expressions.expression(cx, node.iter)
    if items.type is types.UNKNOWN:
        element: Type = types.UNKNOWN
    elif isinstance(items.type, (types.Array, types.View)):
        element = items.type.element
    else:
        raise Mistake(node.iter, f"a loop goes over a range, an array or a slice, not {items.type}")
    item = tree.Constant(element, node.lineno, 0, origin=items.origin)
    variable, body = _rounds(cx, node, item)
    return [tree.Each(node.lineno, variable, items, body)]


def _count(cx: Context, node: Any) -> list[tree.Statement]:
    arguments = node.iter.args
    if not 1 <= len(arguments) <= 3 or node.iter.keywords:
        raise Mistake(node.iter, "range takes a stop, or a start and a stop, or those and a step")
    bounds = [expressions.expression(cx, argument) for argument in arguments[:2]]
    if len(bounds) == 1:
        bounds.insert(0, tree.Constant(types.LITERAL, node.lineno, 0))
        arguments = [arguments[0], *arguments]
    kind = next((bound.type for bound in bounds if bound.type is not types.LITERAL), types.U64)
    if not isinstance(kind, types.Int) and kind is not types.UNKNOWN:
        raise Mistake(node.iter, f"a range has integers, not {kind}")
    start, stop = (adapt(place, bound, kind) for place, bound in zip(arguments, bounds, strict=False))
    step = 1
    if len(node.iter.args) == 3:
        given = expressions.expression(cx, node.iter.args[2])
        if not isinstance(given, tree.Constant) or given.type is not types.LITERAL or given.value == 0:
            raise Mistake(node.iter.args[2], "a step is a literal, and not 0")
        step = given.value
        if isinstance(kind, types.Int) and abs(step) > kind.high:
            raise Mistake(node.iter.args[2], f"{step} does not fit {kind}")
    variable, body = _rounds(cx, node, tree.Constant(kind, node.lineno, 0))
    return [tree.Count(node.lineno, variable, start, stop, step, body)]


def _rounds(cx: Context, node: ast.For, item: tree.Expression) -> tuple[tree.Variable, list[tree.Statement]]:
    """The body of a `for`; the name has a value in it, and none for certain after it."""
    assert isinstance(node.target, ast.Name)
    name = node.target.id
    before = cx.flow
    cx.flow = before.fork()
    variables: list[tree.Variable] = []
    body, loop = _loop_body(cx, node.body, lambda: variables.append(
        statements.bind(cx, node, name, item, node.target).variable))
    for changed in assigned_names(node.body) | {name}:
        before.narrowed.pop(changed, None)
    cx.flow = before
    for state in loop.exits:
        cx.flow = cx.flow.join(state)
    return variables[0], body
