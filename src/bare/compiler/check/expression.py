"""Expressions: names, operators, fields, elements. Calls are in `call`."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from bare.compiler import tree, types
from bare.compiler.check import call, narrowing, operator
from bare.compiler.check.context import Context, adapt, coerce
from bare.compiler.source import Mistake
from bare.compiler.symbols import (
    AliasSymbol,
    BuildTime,
    ClassSymbol,
    ConstantSymbol,
    FunctionSymbol,
    GlobalSymbol,
    Module,
    Symbol,
    TypeVariable,
    Word,
)
from bare.compiler.types import Type


def expression(cx: Context, node: ast.expr, hint: Type | None = None) -> tree.Expression:
    """The typed form of an expression. `hint` is the type that is expected, for what has none by itself."""
    check = _EXPRESSIONS.get(type(node))
    if check is None:
        raise Mistake(node, _UNSUPPORTED.get(type(node), f"{operator.title(node)} is not part of the language"))
    return check(cx, node, hint)


def condition(cx: Context, node: ast.expr) -> tree.Expression:
    """An expression that is asked for truth: a bool, for nothing else is true or false."""
    value = expression(cx, node)
    if value.type not in (types.BOOL, types.UNKNOWN):
        what = "compare it with 0" if isinstance(value.type, types.Int) or value.type is types.LITERAL else (
            "write 'is not None'" if isinstance(value.type, types.Optional) else "compare it")
        raise Mistake(node, f"expected bool, got {value.type}: {what}")
    return value


def expected(cx: Context, node: ast.expr, target: Type) -> tree.Expression:
    """An expression of a certain type."""
    return coerce(node, expression(cx, node, target), target)


def index(cx: Context, node: ast.expr) -> tree.Expression:
    """An index or bound: u64, or a literal that is not negative."""
    value = expression(cx, node)
    if isinstance(value, tree.Constant) and value.type is types.LITERAL and value.value < 0:
        raise Mistake(node, "an index does not count from the end: it can't be negative")
    return adapt(node, value, types.U64)


def static_symbol(cx: Context, node: ast.expr) -> Symbol | None:
    """The module-level symbol that a name, or a name in a module, stands for."""
    if isinstance(node, ast.Name):
        return None if node.id in cx.local_names else cx.symbol(node.id)
    if isinstance(node, ast.Attribute):
        outer = static_symbol(cx, node.value)
        if isinstance(outer, Module):
            found = outer.scope.get(node.attr)
            if found is None:
                raise Mistake(node, f"module {outer.name} has no {node.attr}")
            return found
    return None


def _constant(cx: Context, node: Any, hint: Type | None) -> tree.Expression:
    value = node.value
    if isinstance(value, bool):
        return tree.Constant(types.BOOL, node.lineno, int(value))
    if isinstance(value, int):
        if value.bit_length() > operator.WIDEST:
            raise Mistake(node, f"a literal of more than {operator.WIDEST} bits")
        return tree.Constant(types.LITERAL, node.lineno, value)
    if value is None:
        return tree.Nothing(types.NONE, node.lineno)
    if isinstance(value, str):
        raise Mistake(node, 'a text has to be made a View[u8]: write utf8("...")')
    raise Mistake(node, f"{type(value).__name__} is no type of the language")


def _name(cx: Context, node: Any, hint: Type | None) -> tree.Expression:
    name = node.id
    if name in cx.local_names:
        variable = cx.variables.get(name)
        if name not in cx.flow.assigned:
            raise Mistake(node, f"{name} may not have a value here")
        if variable is None:
            return tree.Constant(types.UNKNOWN, node.lineno, 0)
        value: tree.Expression = tree.Local(variable.type, node.lineno, variable, origin=variable.origin)
        narrowed = cx.flow.narrowed.get(name)
        if narrowed is None or narrowed == variable.type:
            return value
        if isinstance(variable.type, types.Optional):
            if narrowed is types.NONE:
                return tree.Nothing(types.NONE, node.lineno)
            return tree.Payload(narrowed, node.lineno, value, origin=value.origin)
        return tree.Widen(narrowed, node.lineno, value, origin=value.origin)
    return _symbol_value(cx, node, name, cx.symbol(name))


def _symbol_value(cx: Context, node: ast.expr, name: str, symbol: Symbol | None) -> tree.Expression:
    """A symbol of a module as a value."""
    match symbol:
        case ConstantSymbol():
            return tree.Constant(symbol.type, node.lineno, symbol.value)
        case GlobalSymbol(variable):
            if cx.instance is None:
                raise Mistake(node, f"{name} has no value yet when the program is compiled")
            return tree.Global(variable.type, node.lineno, variable.symbol, origin=tree.OUTER)
        case FunctionSymbol():
            if symbol.owner is not None or symbol.generic:
                raise Mistake(node, f"{name} is no value by itself: call it")
            instance = cx.program.instance(symbol, {})
            cx.calls.setdefault(instance.symbol, node.lineno)
            return tree.FunctionName(instance.signature, node.lineno, instance.symbol)
        case Module() | ClassSymbol() | Word() | TypeVariable() | AliasSymbol():
            raise Mistake(node, f"{name} is no value")
        case BuildTime():
            raise Mistake(node, f"{name} exists only while the program is compiled, in @instructions")
    if name in ("len", "range"):
        raise Mistake(node, f"{name} is not defined: from bare import {name}")
    raise Mistake(node, f"{name} is not defined")


def _attribute(cx: Context, node: Any, hint: Type | None) -> tree.Expression:
    symbol = static_symbol(cx, node)
    if symbol is not None:
        return _symbol_value(cx, node, node.attr, symbol)
    owner = static_symbol(cx, node.value)
    if isinstance(owner, ClassSymbol):
        kind = cx.program.settle(owner, ()) if not owner.parameters else None
        if isinstance(kind, types.Enumeration):
            if node.attr not in kind.members:
                raise Mistake(node, f"{kind} has no member {node.attr}")
            return tree.Constant(kind, node.lineno, kind.members[node.attr])
        raise Mistake(node, f"{owner.name} has no value {node.attr}")
    return member(cx, node, expression(cx, node.value), node.attr)


def member(cx: Context, node: ast.expr, base: tree.Expression, name: str) -> tree.Expression:
    """`base.name`, which is no method."""
    line, kind = node.lineno, base.type
    match kind:
        case types.Struct() if name in kind.fields:
            return tree.Field(kind.fields[name], line, base, kind.index(name), origin=base.origin)
        case types.Enumeration() if name == "raw":
            return tree.Convert(types.U64, line, base, "checked")
        case types.BitField() if name == "raw":
            return tree.Convert(kind.base, line, base, "same")
        case types.BitField() if name in kind.fields:
            at, width, flag = kind.fields[name]
            return tree.GetBits(types.BOOL if flag else kind.base, line, base, at, width)
        case types.Outcome(_, types.NEVER) if name == "value":
            return tree.OutcomePart(kind.ok, line, base, True, origin=base.origin)
        case types.Outcome(types.NEVER, _) if name == "error":
            return tree.OutcomePart(kind.error, line, base, False, origin=base.origin)
        case types.Outcome() if name in ("value", "error"):
            raise Mistake(node, f"{kind} may have no {name}: match it, or ask isinstance first")
        case types.Pointer() if name == "address":
            cx.require_unsafe(node, "Ptr")
            return tree.Operation(types.VIRTUAL, line, "address", [base])
        case types.Optional():
            raise Mistake(node, f"{kind} may be None: ask 'is not None' first")
        case types.UNKNOWN:
            return tree.Constant(types.UNKNOWN, line, 0)
        case types.Struct(symbol=owner) if name in owner.methods:
            raise Mistake(node, f"{name} is a method of {kind}: call it")
    raise Mistake(node, f"{kind} has no {name}")


def _subscript(cx: Context, node: Any, hint: Type | None) -> tree.Expression:
    base = expression(cx, node.value)
    kind, line = base.type, node.lineno
    if isinstance(node.slice, ast.Slice):
        if node.slice.step is not None:
            raise Mistake(node.slice.step, "a slice has no step")
        element, writable = _sliced(node, kind)
        start = index(cx, node.slice.lower) if node.slice.lower else None
        stop = index(cx, node.slice.upper) if node.slice.upper else None
        return tree.Cut(types.View(element, writable), line, base, start, stop, origin=base.origin)
    match kind:
        case types.Array(element, length):
            at = index(cx, node.slice)
            if isinstance(at, tree.Constant) and at.value >= length:
                raise Mistake(node.slice, f"index {at.value} of {kind}, whose last one is {length - 1}")
            return tree.Element(element, line, base, at, origin=base.origin)
        case types.View(element, _):
            return tree.Element(element, line, base, index(cx, node.slice), origin=base.origin)
        case types.Pointer(to):
            cx.require_unsafe(node, "Ptr")
            return tree.Element(to, line, base, index(cx, node.slice), origin=tree.OUTER)
        case types.Tuple(items):
            if isinstance(node.slice, ast.Constant) and type(node.slice.value) is int and (
                    0 <= node.slice.value < len(items)):
                at_item = node.slice.value
                return tree.TupleItem(items[at_item], line, base, at_item, origin=base.origin)
            raise Mistake(node.slice, f"the index of a tuple is a literal from 0 to {len(items) - 1}")
        case types.UNKNOWN:
            return base
    raise Mistake(node, f"{kind} has no elements")


def _sliced(node: ast.expr, kind: Type) -> tuple[Type, bool]:
    match kind:
        case types.Array(element, _):
            return element, True
        case types.View(element, writable):
            return element, writable
    raise Mistake(node, f"{kind} has no slices")


def _conditional(cx: Context, node: Any, hint: Type | None) -> tree.Expression:
    test = condition(cx, node.test)
    before = cx.flow
    cx.flow = before.fork()
    narrowing.narrow(cx, node.test, True)
    then = expression(cx, node.body, hint)
    cx.flow = before.fork()
    narrowing.narrow(cx, node.test, False)
    other = expression(cx, node.orelse, hint)
    cx.flow = before
    kind = other.type if then.type is types.LITERAL else then.type
    if kind is types.LITERAL:
        raise Mistake(node, "a literal has no width here: write u64(...)")
    if hint is not None and kind != other.type:
        kind = hint
    then, other = coerce(node.body, then, kind), coerce(node.orelse, other, kind)
    return tree.Conditional(kind, node.lineno, test, then, other, origin=then.origin | other.origin)


def _tuple(cx: Context, node: Any, hint: Type | None) -> tree.Expression:
    hints = hint.items if isinstance(hint, types.Tuple) and len(hint.items) == len(node.elts) else None
    items = []
    for at, element in enumerate(node.elts):
        item = expression(cx, element, hints[at] if hints else None)
        if hints:
            item = coerce(element, item, hints[at])
        if item.type is types.LITERAL:
            raise Mistake(element, "a literal has no width here: write u64(...)")
        if isinstance(item.type, (types.Array, types.Cell)) or item.type is types.NONE:
            raise Mistake(element, f"a tuple can't hold {item.type}")
        items.append(item)
    origin = 0
    for item in items:
        origin |= item.origin
    return tree.MakeTuple(types.Tuple(tuple(item.type for item in items)), node.lineno, items, origin=origin)


def _call(cx: Context, node: Any, hint: Type | None) -> tree.Expression:
    return call.call(cx, node, hint)


_EXPRESSIONS: dict[type[ast.expr], Callable[[Context, Any, Type | None], tree.Expression]] = {
    ast.Constant: _constant, ast.Name: _name, ast.Attribute: _attribute, ast.Subscript: _subscript,
    ast.UnaryOp: operator.unary, ast.BinOp: operator.binary, ast.Compare: operator.compare, ast.BoolOp: operator.logic,
    ast.IfExp: _conditional,
    ast.Tuple: _tuple, ast.Call: _call,
}
_UNSUPPORTED: dict[type[ast.expr], str] = {
    ast.Lambda: "there are no lambdas: define a function",
    ast.ListComp: "there are no comprehensions: nothing is allocated in secret; write a loop",
    ast.SetComp: "there are no comprehensions: nothing is allocated in secret; write a loop",
    ast.DictComp: "there are no comprehensions: nothing is allocated in secret; write a loop",
    ast.GeneratorExp: "there are no generators: write a loop",
    ast.List: "there are no lists: write Array(...)",
    ast.Dict: "there are no dictionaries",
    ast.Set: "there are no sets",
    ast.JoinedStr: "there are no formatted texts",
    ast.NamedExpr: "there is no :=; assign on a line of its own",
    ast.Await: "there is no await",
    ast.Yield: "there are no generators",
    ast.YieldFrom: "there are no generators",
    ast.Starred: "there is no unpacking with *",
}
