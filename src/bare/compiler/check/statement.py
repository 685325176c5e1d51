"""Statements, and what is certain after them: which names have a value, and whether control gets there."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from bare.compiler import tree, types
from bare.compiler.check import expression as expressions
from bare.compiler.check import loop, match, narrowing
from bare.compiler.check import operator as operators
from bare.compiler.check.context import Context, adapt, assigned_names, coerce
from bare.compiler.check.word import require_copyable
from bare.compiler.source import Mistake
from bare.compiler.symbols import ConstantSymbol, GlobalSymbol
from bare.compiler.types import Type


def block(cx: Context, body: list[ast.stmt]) -> list[tree.Statement]:
    """Statements in order. A mistake in one is reported, and the next one is looked at."""
    result: list[tree.Statement] = []
    for node in body:
        if cx.flow.dead:
            cx.program.report.add(cx.module.source, node, "control never gets here")
            break
        check = _STATEMENTS.get(type(node))
        try:
            if check is None:
                raise Mistake(node, _UNSUPPORTED.get(type(node), f"{type(node).__name__} is not part of the language"))
            result += check(cx, node)
        except Mistake as mistake:
            cx.program.report.mistake(cx.module.source, mistake)
            _assume(cx, node)
        except RecursionError:
            cx.program.report.add(cx.module.source, node, "nested too deeply")
            _assume(cx, node)
    return result


def _assume(cx: Context, node: ast.stmt) -> None:
    """After a mistake: names that the statement would have set are of a type that complains no more."""
    for name in assigned_names([node]) & cx.local_names:
        cx.variables.setdefault(name, tree.Variable(name, types.UNKNOWN, line=node.lineno))
        cx.flow.assigned.add(name)
    if isinstance(node, (ast.Return, ast.Raise, ast.Break, ast.Continue)):
        cx.flow.dead = True
    elif isinstance(node, (ast.If, ast.Match, ast.While)) and not cx.flow.dead and any(
            isinstance(part, ast.Return) for part in ast.walk(node)):
        cx.flow.narrowed.clear()


def bind(cx: Context, node: ast.stmt | ast.pattern, name: str, value: tree.Expression, place: ast.expr | None = None,
         declared: Type | None = None) -> tree.Bind:
    """A local name gets a value."""
    where: Any = place if place is not None else node
    if declared is not None and types.aggregate(declared) and value.type is types.NONE:
        raise Mistake(where, f"expected {declared}, got None")
    variable = cx.variables.get(name)
    if variable is None or variable.type is types.UNKNOWN:
        value = coerce(where, value, declared) if declared is not None else value
        _nameable(where, name, value.type)
        variable = cx.variables[name] = tree.Variable(name, value.type, -1, value.origin, where.lineno)
    else:
        if declared is not None and declared != variable.type:
            raise Mistake(node, f"{name} is a {variable.type} already")
        given, value = value, coerce(where, value, variable.type)
        if types.refers(variable.type):
            _same_origin(where, variable, given)
    cx.flow.assigned.add(name)
    cx.flow.narrowed.pop(name, None)
    if isinstance(value, tree.Some):
        cx.flow.narrowed[name] = value.payload.type
    elif isinstance(value, tree.Widen) and isinstance(value.type, types.Outcome):
        cx.flow.narrowed[name] = value.operand.type
    return tree.Bind(where.lineno, variable, value)


def _nameable(node: ast.expr, name: str, kind: Type) -> None:
    if kind is types.LITERAL:
        raise Mistake(node, f"a literal has no width: write u64(...), or {name}: Final outside of functions")
    if kind is types.NONE:
        raise Mistake(node, f"say what {name} can be besides None: {name}: u64 | None = None")
    if kind is types.NEVER:
        raise Mistake(node, "this never gives a value")


def _same_origin(node: ast.expr, variable: tree.Variable, value: tree.Expression) -> None:
    """A name that is bound again refers to memory that lives as long as that of its first binding.

    Memory made in a loop is made anew in each round, where CPython would keep the older one for those who refer to it:
    such a name has one binding.
    """
    if (variable.origin | value.origin) & tree.LOOP:
        raise Mistake(node, f"{variable.name} refers to something made in a loop, so it can't be bound again: "
                            f"use another name")
    if value.origin & ~variable.origin:
        raise Mistake(node, f"{variable.name} was bound to something that lives {_lives(variable.origin)}, and this "
                            f"lives {_lives(value.origin)}: use another name")


def _lives(origin: int) -> str:
    return "in this call only" if origin & (tree.FRAME | tree.LOOP) else "outside of this call"


def _assign(cx: Context, node: Any) -> list[tree.Statement]:
    if len(node.targets) != 1:
        raise Mistake(node, "one target at a time: write a = x, then b = x")
    target = node.targets[0]
    if isinstance(target, ast.Tuple):
        return _unpack(cx, node, target)
    if isinstance(target, ast.Name) and target.id not in cx.global_names:
        variable = cx.variables.get(target.id)
        hint = variable.type if variable is not None else None
        return [bind(cx, node, target.id, expressions.expression(cx, node.value, hint), node.value)]
    if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Slice):
        raise Mistake(target, "a slice is filled by .copy_from(...) or .fill(...)")
    # Python evaluates the value first; the types of the two are found in the other order.
    flow = cx.flow.fork()
    place = _target(cx, target)
    cx.flow = flow
    value = expressions.expected(cx, node.value, place.type)
    if types.aggregate(place.type):
        require_copyable(node, place.type)
    return [tree.Store(node.lineno, place, value)]


def _target(cx: Context, node: ast.expr) -> tree.Expression:
    """What is left of `=`, but local names."""
    if isinstance(node, ast.Name):
        symbol = cx.symbol(node.id)
        if isinstance(symbol, ConstantSymbol):
            raise Mistake(node, f"{node.id} is Final")
        if not isinstance(symbol, GlobalSymbol):
            raise Mistake(node, f"{node.id} is no variable of this module")
        if types.aggregate(symbol.variable.type):
            raise Mistake(node, f"{node.id} is a {symbol.variable.type}, whose name stays with it: assign its fields")
        if not symbol.variable.writable:
            raise Mistake(node, f"{node.id} is Final")
        return tree.Global(symbol.variable.type, node.lineno, symbol.variable.symbol, origin=tree.OUTER)
    if not isinstance(node, (ast.Attribute, ast.Subscript)):
        raise Mistake(node, "this can't be assigned to")
    place = expressions.expression(cx, node)
    if place.type is types.UNKNOWN:
        return place
    if isinstance(place, tree.Element) and isinstance(place.base.type, types.View) and not place.base.type.writable:
        raise Mistake(node, f"{place.base.type} can only be read")
    if isinstance(place, tree.Global):
        raise Mistake(node, "a module's variables are assigned to by its own functions: add one to "
                            f"{ast.unparse(node.value)}")
    if isinstance(place, tree.GetBits):
        raise Mistake(node, f"bit fields don't change: write x = x.set({ast.unparse(node).rpartition('.')[2]}=...)")
    if not isinstance(place, (tree.Field, tree.Element)):
        raise Mistake(node, "this can't be assigned to")
    return place


def _annotated(cx: Context, node: Any) -> list[tree.Statement]:
    if not isinstance(node.target, ast.Name):
        raise Mistake(node, "types are given to names: the fields of a struct have theirs in its class")
    name = node.target.id
    kind = cx.program.annotations.parameter(node.annotation, cx.module, cx.bindings)
    if node.value is None:
        if name in cx.variables and cx.variables[name].type != kind:
            raise Mistake(node, f"{name} is a {cx.variables[name].type} already")
        if types.refers(kind):
            raise Mistake(node, f"{name} needs a value here: what it refers to has to live as long")
        cx.variables[name] = tree.Variable(name, kind, line=node.lineno)
        return []
    value = coerce(node.value, expressions.expression(cx, node.value, kind), kind)
    return [bind(cx, node, name, value, node.value, kind)]


def _augmented(cx: Context, node: Any) -> list[tree.Statement]:
    operator = operators.ARITHMETIC.get(type(node.op))
    if operator is None:
        raise Mistake(node, "there is no /=: integers have //=" if isinstance(node.op, ast.Div) else
                      f"the language has no {operators.title(node.op)}")
    local = isinstance(node.target, ast.Name) and node.target.id not in cx.global_names
    if local:
        left = expressions.expression(cx, ast.copy_location(ast.Name(node.target.id, ast.Load()), node.target))
        value = operators.arithmetic(node, operator, left, expressions.expression(cx, node.value))
        return [bind(cx, node, node.target.id, value, node.value)]
    place = _target(cx, node.target)
    if place.type is types.UNKNOWN:
        return []
    value = expressions.expression(cx, node.value)
    result = operators.arithmetic(node, operator, place, value)
    if result.type != place.type:
        raise Mistake(node, f"expected {place.type}, got {result.type}")
    value = adapt(node.value, value, types.U64 if place.type in types.ADDRESSES else place.type)
    return [tree.Update(node.lineno, place, operator, value)]


def _unpack(cx: Context, node: ast.Assign, target: ast.Tuple) -> list[tree.Statement]:
    value = expressions.expression(cx, node.value)
    if not isinstance(value.type, types.Tuple):
        raise Mistake(node.value, f"expected {len(target.elts)} values, got {value.type}")
    if len(target.elts) != len(value.type.items):
        raise Mistake(node, f"{len(target.elts)} targets for {len(value.type.items)} values")
    holder = cx.temporary(value.type, node.lineno, value.origin)
    result: list[tree.Statement] = [tree.Bind(node.lineno, holder, value)]
    whole = tree.Local(value.type, node.lineno, holder, origin=value.origin)
    for at, part in enumerate(target.elts):
        item = tree.TupleItem(value.type.items[at], node.lineno, whole, at, origin=value.origin)
        if isinstance(part, ast.Name) and part.id not in cx.global_names:
            result.append(bind(cx, node, part.id, item, part))
        else:
            place = _target(cx, part)
            if types.aggregate(place.type):
                raise Mistake(part, f"{place.type}s are copied one after the other, and may overwrite what comes next: "
                                    f"write a line for each")
            result.append(tree.Store(node.lineno, place, coerce(part, item, place.type)))
    return result


def _evaluate(cx: Context, node: Any) -> list[tree.Statement]:
    if isinstance(node.value, ast.Constant) and (node.value.value is ... or isinstance(node.value.value, str)):
        return []
    value = expressions.expression(cx, node.value)
    if value.type is types.NEVER:
        cx.flow.dead = True
    elif not isinstance(value, (tree.Call, tree.CallIndirect, tree.Operation)) and value.type is not types.UNKNOWN:
        raise Mistake(node, "this has no effect")
    elif isinstance(value.type, types.Outcome):
        raise Mistake(node, "this result may be an error: look at it")
    return [tree.Evaluate(node.lineno, value)]


def _if(cx: Context, node: Any) -> list[tree.Statement]:
    test = expressions.condition(cx, node.test)
    before = cx.flow
    cx.flow = before.fork()
    narrowing.narrow(cx, node.test, True)
    then = block(cx, node.body)
    after = cx.flow
    cx.flow = before.fork()
    narrowing.narrow(cx, node.test, False)
    other = block(cx, node.orelse)
    cx.flow = after.join(cx.flow)
    return [tree.If(node.lineno, test, then, other)]


def _break(cx: Context, node: Any) -> list[tree.Statement]:
    cx.loops[-1].exits.append(cx.flow.fork())
    cx.flow.dead = True
    return [tree.Break(node.lineno)]


def _continue(cx: Context, node: Any) -> list[tree.Statement]:
    cx.flow.dead = True
    return [tree.Continue(node.lineno)]


def _return(cx: Context, node: Any) -> list[tree.Statement]:
    assert cx.instance is not None
    result = cx.instance.result
    if result is types.NEVER:
        raise Mistake(node, f"{cx.instance.function.name} says that it never returns")
    if node.value is None or result is types.NONE:
        if node.value is not None and not (isinstance(node.value, ast.Constant) and node.value.value is None):
            raise Mistake(node.value, f"{cx.instance.function.name} returns None")
        if result is not types.NONE and not isinstance(result, types.Optional):
            raise Mistake(node, f"expected {result}, got None")
        cx.flow.dead = True
        return [tree.Return(node.lineno, tree.Nothing(result, node.lineno) if result is not types.NONE else None)]
    inner = result.to if isinstance(result, types.Reference) else result
    value = expressions.expected(cx, node.value, inner)
    if types.aggregate(result):
        require_copyable(node.value, result)
        if value.origin & tree.OUTER:
            raise Mistake(node.value, f"this {result} lives elsewhere: return a copy(...), or declare Ref[{result}]")
    elif types.refers(inner) and value.origin & (tree.FRAME | tree.LOOP):
        raise Mistake(node.value, "this refers to memory of this call, which ends here")
    cx.flow.dead = True
    return [tree.Return(node.lineno, value)]


def _assert(cx: Context, node: Any) -> list[tree.Statement]:
    test = expressions.condition(cx, node.test)
    message = ""
    if node.msg is not None:
        if not isinstance(node.msg, ast.Constant) or not isinstance(node.msg.value, str):
            raise Mistake(node.msg, "the message of an assertion is a literal text")
        message = node.msg.value
    narrowing.narrow(cx, node.test, True)
    if isinstance(test, tree.Constant) and not test.value:
        cx.flow.dead = True
    return [tree.Assert(node.lineno, test, message)]


def _global(cx: Context, node: Any) -> list[tree.Statement]:
    return []                           # collected before: see program


def _pass(cx: Context, node: Any) -> list[tree.Statement]:
    return []


def _match(cx: Context, node: Any) -> list[tree.Statement]:
    return match.match(cx, node)


_STATEMENTS: dict[type[ast.stmt], Callable[[Context, Any], list[tree.Statement]]] = {
    ast.Assign: _assign, ast.AnnAssign: _annotated, ast.AugAssign: _augmented, ast.Expr: _evaluate, ast.If: _if,
    ast.While: loop.while_, ast.For: loop.for_, ast.Break: _break, ast.Continue: _continue, ast.Return: _return,
    ast.Assert: _assert, ast.Global: _global, ast.Pass: _pass, ast.Match: _match,
}
_UNSUPPORTED: dict[type[ast.stmt], str] = {
    ast.FunctionDef: "functions are not nested: define it in the module",
    ast.ClassDef: "classes are defined in the module",
    ast.AsyncFunctionDef: "there are no coroutines",
    ast.Raise: "there are no exceptions: return an Err(...), or assert",
    ast.Try: "there are no exceptions: an error is a value; match it",
    ast.With: "there is no with: nothing ends by itself",
    ast.AsyncFor: "there are no coroutines",
    ast.AsyncWith: "there are no coroutines",
    ast.Delete: "there is no del: nothing is allocated",
    ast.Import: "imports belong at the top of the module",
    ast.ImportFrom: "imports belong at the top of the module",
    ast.Nonlocal: "there is no nonlocal: functions are not nested",
}
