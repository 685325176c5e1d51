"""What a condition says about names: that an optional holds a value, or that a result is Ok."""

from __future__ import annotations

import ast

from bare.compiler import types
from bare.compiler.check import expression as expressions
from bare.compiler.check.context import Context
from bare.compiler.symbols import Word


def narrow(cx: Context, test: ast.expr, holds: bool) -> None:
    """Note what is known about names once a condition holds, or does not."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            narrow(cx, operand, not holds)
        case ast.BoolOp(op=operator, values=values) if isinstance(operator, ast.And) == holds:
            for value in values:
                narrow(cx, value, holds)
        case ast.Compare(left=ast.Name(id=name), ops=[ast.Is() | ast.IsNot() as operator]):
            variable = cx.variables.get(name)
            if variable is not None and isinstance(variable.type, types.Optional):
                present = isinstance(operator, ast.IsNot) == holds
                cx.flow.narrowed[name] = variable.type.payload if present else types.NONE
        case ast.Call(func=ast.Name(id="isinstance"), args=[ast.Name(id=name), kind]):
            variable = cx.variables.get(name)
            word = expressions.static_symbol(cx, kind)
            if variable is not None and isinstance(variable.type, types.Outcome) and isinstance(word, Word):
                if (word.name == "Ok") == holds:
                    cx.flow.narrowed[name] = types.Outcome(variable.type.ok, types.NEVER)
                else:
                    cx.flow.narrowed[name] = types.Outcome(types.NEVER, variable.type.error)
