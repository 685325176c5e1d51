"""What the type variables of a generic function stand for in one call."""

from __future__ import annotations

import ast

from bare.compiler import tree, types
from bare.compiler.check.annotation import open_type
from bare.compiler.check.context import Context
from bare.compiler.source import Mistake
from bare.compiler.symbols import FunctionSymbol
from bare.compiler.types import Type


def infer(cx: Context, node: ast.Call, symbol: FunctionSymbol, arguments: list[tree.Expression],
          bindings: dict[str, Type]) -> dict[str, Type]:
    """The bindings that make the parameters fit. Raises Mistake if there are none, or several."""
    found = dict(bindings)
    annotations = [argument.annotation for argument in symbol.node.args.args]
    for annotation, argument in zip(annotations, arguments, strict=True):
        if annotation is not None:
            pattern = cx.program.annotations.parameter(annotation, symbol.module, {})
            _unify(node, pattern, argument.type, found)
            kind = cx.program.annotations.parameter(annotation, symbol.module, found)
            if open_type(kind) and argument.type is not types.UNKNOWN:
                raise Mistake(node, f"{symbol.name}: expected {kind}, got {argument.type}")
    return found


def _unify(node: ast.Call, pattern: Type, actual: Type, found: dict[str, Type]) -> None:
    """Note what `actual` says of the variables in `pattern`. Types that differ are left to the check of the call."""
    match pattern, actual:
        case types.Variable(name), _:
            if actual in (types.LITERAL, types.NONE, types.UNKNOWN):
                if actual is types.LITERAL:
                    raise Mistake(node, f"a literal does not say what {name} is: write u64(...)")
                return
            known = found.setdefault(name, actual)
            if known != actual:
                raise Mistake(node, f"{name} is {known} in one argument and {actual} in another")
        case types.View(element, _), types.View(given, _):
            _unify(node, element, given, found)
        case types.Array(element, _), types.Array(given, _):
            _unify(node, element, given, found)
        case types.ArrayPattern(element, length), types.Array(given, number):
            _unify(node, element, given, found)
            _unify(node, length, types.Number(number), found)
        case types.StructPattern(symbol, patterns), types.Struct(symbol=other, arguments=arguments):
            if symbol is other:
                for inner, given in zip(patterns, arguments, strict=True):
                    _unify(node, inner, given, found)
        case types.Pointer(inner), types.Pointer(given):
            _unify(node, inner, given, found)
        case types.Optional(inner), types.Optional(given):
            _unify(node, inner, given, found)
        case types.Optional(inner), _:
            _unify(node, inner, actual, found)
        case types.Outcome(ok, error), types.Outcome(given_ok, given_error):
            for inner, given in ((ok, given_ok), (error, given_error)):
                if given is not types.NEVER:
                    _unify(node, inner, given, found)
        case types.Tuple(patterns), types.Tuple(arguments) if len(patterns) == len(arguments):
            for inner, given in zip(patterns, arguments, strict=True):
                _unify(node, inner, given, found)
        case types.Function(parameters, result), types.Function(given_parameters, given_result):
            for inner, given in zip(parameters, given_parameters, strict=False):
                _unify(node, inner, given, found)
            _unify(node, result, given_result, found)
