"""Operators: arithmetic, comparisons, and, or, not. Both sides have one type; literals take that of the other."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from bare.compiler import tree, types
from bare.compiler.check import expression as expressions
from bare.compiler.check.context import Context, adapt
from bare.compiler.check.narrowing import narrow
from bare.compiler.source import Mistake
from bare.compiler.types import Type

ARITHMETIC: dict[type[ast.operator], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.FloorDiv: "//", ast.Mod: "%", ast.LShift: "<<", ast.RShift: ">>",
    ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^",
}
_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
}
_FOLD: dict[str, Callable[[int, int], int]] = {
    "+": int.__add__, "-": int.__sub__, "*": int.__mul__, "//": int.__floordiv__, "%": int.__mod__,
    "<<": int.__lshift__, ">>": int.__rshift__, "&": int.__and__, "|": int.__or__, "^": int.__xor__,
}
WIDEST = 4096          # bits of a literal: what is longer is a mistake, and would take memory


_TITLES: dict[type[ast.AST], str] = {
    ast.Pow: "**", ast.MatMult: "@", ast.In: "in", ast.NotIn: "not in", ast.Slice: "slice here",
}


def unary(cx: Context, node: Any, hint: Type | None) -> tree.Expression:
    if isinstance(node.op, ast.Not):
        return tree.Unary(types.BOOL, node.lineno, "not", expressions.condition(cx, node.operand))
    operand = expressions.expression(cx, node.operand)
    operator = {ast.USub: "-", ast.Invert: "~", ast.UAdd: "+"}[type(node.op)]
    if isinstance(operand, tree.Constant) and operand.type is types.LITERAL:
        return tree.Constant(types.LITERAL, node.lineno, -operand.value if operator == "-" else (
            ~operand.value if operator == "~" else operand.value))
    if operand.type is types.UNKNOWN:
        return operand
    if not isinstance(operand.type, types.Int) or operator == "+":
        raise Mistake(node, f"{operand.type} has no {operator}")
    if operator == "-" and not operand.type.signed:
        raise Mistake(node, f"{operand.type} has no negative values: use wrapping_sub, or a signed integer")
    return tree.Unary(operand.type, node.lineno, operator, operand)


def binary(cx: Context, node: Any, hint: Type | None) -> tree.Expression:
    operator = ARITHMETIC.get(type(node.op))
    if operator is None:
        raise Mistake(node, "there is no /: integers have //" if isinstance(node.op, ast.Div) else
                      f"the language has no {title(node.op)}")
    left = expressions.expression(cx, node.left)
    return arithmetic(node, operator, left, expressions.expression(cx, node.right))


def compare(cx: Context, node: Any, hint: Type | None) -> tree.Expression:
    if any(isinstance(operator, (ast.Is, ast.IsNot)) for operator in node.ops):
        return _identity(cx, node)
    operands = [expressions.expression(cx, operand) for operand in (node.left, *node.comparators)]
    operators: list[str] = []
    for at, operator in enumerate(node.ops):
        symbol = _COMPARISONS.get(type(operator))
        if symbol is None:
            raise Mistake(node, f"the language has no {title(operator)}")
        operators.append(symbol)
        kind = _comparable(node, symbol, operands[at].type, operands[at + 1].type)
        for side in (at, at + 1):
            operands[side] = adapt(node, operands[side], kind)
    return tree.Compare(types.BOOL, node.lineno, operators, operands)


def _comparable(node: ast.expr, operator: str, left: Type, right: Type) -> Type:
    kind = right if left is types.LITERAL else left
    if types.UNKNOWN in (left, right):
        return types.UNKNOWN
    if kind is types.LITERAL:
        raise Mistake(node, "a comparison of literals is known before")
    if isinstance(kind, types.Int) or kind in types.ADDRESSES:
        return kind
    if isinstance(kind, (types.Enumeration, types.BitField)) or kind is types.BOOL or (
            isinstance(kind, types.Pointer)):
        if operator in ("==", "!="):
            return kind
        raise Mistake(node, f"{kind} has no order: there are == and !=")
    if isinstance(kind, types.Optional) or kind is types.NONE:
        raise Mistake(node, "None is compared with 'is' and 'is not'")
    raise Mistake(node, f"{kind} has no {operator}")


def _identity(cx: Context, node: ast.Compare) -> tree.Expression:
    """`x is None`."""
    right = node.comparators[0]
    if len(node.ops) != 1 or not isinstance(right, ast.Constant) or right.value is not None:
        raise Mistake(node, "'is' compares with None only")
    value = expressions.expression(cx, node.left)
    wanted = isinstance(node.ops[0], ast.IsNot)
    if value.type is types.UNKNOWN:
        return value
    if not isinstance(value.type, types.Optional):
        raise Mistake(node, f"{value.type} is never None" if value.type is not types.NONE else "this is always None")
    present = tree.Present(types.BOOL, node.lineno, value)
    return present if wanted else tree.Unary(types.BOOL, node.lineno, "not", present)


def logic(cx: Context, node: Any, hint: Type | None) -> tree.Expression:
    """`and`, `or`: what the operands before have found out is known in those behind them."""
    before = cx.flow
    cx.flow = before.fork()
    operands = []
    for operand in node.values:
        operands.append(expressions.condition(cx, operand))
        narrow(cx, operand, isinstance(node.op, ast.And))
    cx.flow = before
    return tree.Logic(types.BOOL, node.lineno, "and" if isinstance(node.op, ast.And) else "or", operands)


def arithmetic(node: ast.expr | ast.stmt, operator: str, left: tree.Expression, right: tree.Expression,
               ) -> tree.Expression:
    """The result of a binary operator."""
    line = node.lineno
    if types.UNKNOWN in (left.type, right.type):
        return tree.Constant(types.UNKNOWN, line, 0)
    if left.type is types.LITERAL and right.type is types.LITERAL:
        return _fold(node, operator, left, right)
    if left.type in types.ADDRESSES or right.type in types.ADDRESSES:
        return _address(node, operator, left, right)
    kind = right.type if left.type is types.LITERAL else left.type
    if not isinstance(kind, types.Int):
        if kind is types.BOOL:
            raise Mistake(node, f"bool has no {operator}: use and, or, not, == and !=")
        raise Mistake(node, f"{kind} has no {operator}")
    return tree.Binary(kind, line, operator, adapt(node, left, kind), adapt(node, right, kind))


def _fold(node: ast.expr | ast.stmt, operator: str, left: tree.Expression, right: tree.Expression) -> tree.Expression:
    assert isinstance(left, tree.Constant) and isinstance(right, tree.Constant)
    if operator == "<<" and not 0 <= right.value <= WIDEST:
        raise Mistake(node, "shift out of range")
    try:
        value = _FOLD[operator](left.value, right.value)
    except (ZeroDivisionError, ValueError) as error:
        raise Mistake(node, "division by zero" if isinstance(error, ZeroDivisionError) else "shift out of range"
                      ) from None
    if value.bit_length() > WIDEST:
        raise Mistake(node, f"a literal of more than {WIDEST} bits")
    return tree.Constant(types.LITERAL, node.lineno, value)


def _address(node: ast.expr | ast.stmt, operator: str, left: tree.Expression, right: tree.Expression
             ) -> tree.Expression:
    """An address plus or minus an amount, and the difference of two."""
    if operator == "-" and left.type == right.type:
        return tree.Binary(types.U64, node.lineno, "-", _raw(left), _raw(right))
    if operator in "+-" and left.type in types.ADDRESSES and right.type not in types.ADDRESSES:
        amount = adapt(node, right, types.U64)
        return tree.Convert(left.type, node.lineno,
                            tree.Binary(types.U64, node.lineno, operator, _raw(left), amount), "same")
    raise Mistake(node, f"there is no {left.type} {operator} {right.type}: addresses have + and - with u64, and - "
                        f"between two of a kind")


def _raw(address: tree.Expression) -> tree.Expression:
    return tree.Convert(types.U64, address.line, address, "same")


def title(node: ast.AST) -> str:
    """What a reader calls a kind of syntax."""
    return _TITLES.get(type(node), type(node).__name__)
