"""Calls: of functions, constructors and the words of the language. What follows a dot is in `method`."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from bare.compiler import tree, types
from bare.compiler.check import expression as expressions
from bare.compiler.check import method, word
from bare.compiler.check.context import Context, coerce
from bare.compiler.check.generic import infer
from bare.compiler.source import Mistake
from bare.compiler.symbols import ClassSymbol, FunctionSymbol, Instance, Word
from bare.compiler.types import Type


def call(cx: Context, node: ast.Call, hint: Type | None) -> tree.Expression:
    """A call of anything."""
    for argument in node.args:
        if isinstance(argument, ast.Starred):
            raise Mistake(argument, "there is no unpacking with *")
    symbol = expressions.static_symbol(cx, node.func)
    match symbol:
        case Word(name):
            return word.word(cx, node, name, hint)
        case ClassSymbol():
            if symbol.parameters:
                raise Mistake(node, f"{symbol.name} is generic: write {symbol.name}[...](...), or zeroed")
            return construct(cx, node, cx.program.settle(symbol, ()))
        case FunctionSymbol():
            return call_function(cx, node, symbol, [], {})
    if isinstance(node.func, ast.Attribute):
        return method.call_method(cx, node, node.func, hint)
    if isinstance(node.func, ast.Subscript) and isinstance(
            expressions.static_symbol(cx, node.func.value), (ClassSymbol, Word)):
        kind = cx.program.annotations.resolve(node.func, cx.module, cx.bindings)
        return construct(cx, node, kind)
    callee = expressions.expression(cx, node.func)
    return call_value(cx, node, callee)


def call_value(cx: Context, node: ast.Call, callee: tree.Expression) -> tree.Expression:
    """A call through a function reference."""
    signature = callee.type
    if signature is types.UNKNOWN:
        return callee
    if not isinstance(signature, types.Function):
        raise Mistake(node, f"{signature} can't be called")
    no_keywords(node)
    count(node, "the function", len(node.args), len(signature.parameters))
    arguments = [expressions.expected(cx, argument, kind)
                 for argument, kind in zip(node.args, signature.parameters, strict=True)]
    result, origin = _result(cx, signature, arguments)
    return tree.CallIndirect(result, node.lineno, callee, signature, arguments, origin=origin)


def call_function(cx: Context, node: ast.Call, symbol: FunctionSymbol, before: list[tree.Expression],
                  bindings: dict[str, Type]) -> tree.Expression:
    """A call of a known function; `before` is the object of a method."""
    names = [argument.arg for argument in symbol.node.args.args][len(before):]
    nodes = _ordered(node, symbol.name, names)
    if symbol.generic:
        arguments = [expressions.expression(cx, argument) for argument in nodes]
        bindings = infer(cx, node, symbol, before + arguments, bindings)
        instance = cx.program.instance(symbol, bindings)
        kinds = [kind for _, kind in instance.parameters][len(before):]
        arguments = [coerce(place, value, kind) for place, value, kind in zip(nodes, arguments, kinds, strict=True)]
    else:
        instance = cx.program.instance(symbol, bindings)
        kinds = [kind for _, kind in instance.parameters][len(before):]
        arguments = [expressions.expected(cx, place, kind) for place, kind in zip(nodes, kinds, strict=True)]
    return call_instance(cx, node, instance, before + arguments)


def call_instance(cx: Context, node: ast.Call, instance: Instance, arguments: list[tree.Expression]
                  ) -> tree.Expression:
    cx.calls.setdefault(instance.symbol, node.lineno)
    result, origin = _result(cx, instance.signature, arguments)
    return tree.Call(result, node.lineno, instance.symbol, instance.signature, arguments, origin=origin)


def _result(cx: Context, signature: types.Function, arguments: Sequence[tree.Expression]) -> tuple[Type, int]:
    """The type of a call, and where what it refers to may be."""
    result = signature.result
    if types.aggregate(result):
        return result, cx.fresh
    kind = result.to if isinstance(result, types.Reference) else result
    if not types.refers(kind):
        return kind, tree.NOWHERE
    origin = tree.OUTER
    for argument in arguments:
        if types.refers(argument.type):
            origin |= argument.origin
    return kind, origin


def _ordered(node: ast.Call, name: str, names: list[str]) -> list[ast.expr]:
    """The arguments in the order of the parameters; keywords may name the last ones, in the same order."""
    nodes = list(node.args)
    for keyword in node.keywords:
        if keyword.arg is None:
            raise Mistake(keyword.value, "there is no unpacking with **")
        if keyword.arg not in names:
            raise Mistake(keyword.value, f"{name} has no parameter {keyword.arg}")
        if len(nodes) >= len(names) or names[len(nodes)] != keyword.arg:
            raise Mistake(keyword.value, f"{keyword.arg} is out of order: {name} takes {', '.join(names)}")
        nodes.append(keyword.value)
    count(node, name, len(nodes), len(names))
    return nodes


def construct(cx: Context, node: ast.Call, kind: Type) -> tree.Expression:
    """A new value of a class."""
    line = node.lineno
    match kind:
        case types.Struct():
            return _struct(cx, node, kind)
        case types.BitField(base=base):
            no_keywords(node)
            count(node, str(kind), len(node.args), 1)
            return tree.Convert(kind, line, expressions.expected(cx, node.args[0], base), "same")
        case types.Enumeration():
            raise Mistake(node, f"write {kind}.of(...), which gives None if there is no such member")
        case types.Array(element, length):
            no_keywords(node)
            count(node, str(kind), len(node.args), length)
            values = [expressions.expected(cx, argument, element) for argument in node.args]
            return tree.Construct(kind, line, list(enumerate(values)), origin=cx.fresh)
    raise Mistake(node, f"{kind} is not made by calling it")


def _struct(cx: Context, node: ast.Call, kind: types.Struct) -> tree.Expression:
    names = list(kind.fields)
    given: list[tuple[str, ast.expr]] = list(zip(names, node.args, strict=False))
    if len(node.args) > len(names):
        raise Mistake(node, f"{kind} has {len(names)} fields, got {len(node.args)} values")
    for keyword in node.keywords:
        if keyword.arg is None:
            raise Mistake(keyword.value, "there is no unpacking with **")
        if keyword.arg not in kind.fields:
            raise Mistake(keyword.value, f"{kind} has no field {keyword.arg}")
        if keyword.arg in dict(given):
            raise Mistake(keyword.value, f"{keyword.arg} is given twice")
        given.append((keyword.arg, keyword.value))
    missing = [name for name in names if name not in dict(given)]
    if missing:
        raise Mistake(node, f"{kind} needs {', '.join(missing)} too")
    parts = []
    for name, value in given:
        if isinstance(kind.fields[name], types.Cell):
            raise Mistake(value, f"{kind.fields[name]} has no value to copy: use zeroed({kind})")
        parts.append((names.index(name), expressions.expected(cx, value, kind.fields[name])))
    return tree.Construct(kind, node.lineno, parts, origin=cx.fresh)


def no_keywords(node: ast.Call) -> None:
    if node.keywords:
        raise Mistake(node.keywords[0].value, "no keywords here")


def count(node: ast.expr, name: str, got: int, wanted: int) -> None:
    if got != wanted:
        raise Mistake(node, f"{name} takes {wanted} argument{'' if wanted == 1 else 's'}, got {got}")
