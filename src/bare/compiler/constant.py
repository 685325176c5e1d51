"""Values that are known while the program is compiled: what globals start with, and what static assertions say."""

from __future__ import annotations

from collections.abc import Callable

from bare.compiler import tree, types
from bare.compiler.types import Type

_OPERATIONS: dict[str, Callable[[int, int], int]] = {
    "+": int.__add__, "-": int.__sub__, "*": int.__mul__, "//": int.__floordiv__, "%": int.__mod__,
    "<<": int.__lshift__, ">>": int.__rshift__, "&": int.__and__, "|": int.__or__, "^": int.__xor__,
}
_COMPARISONS: dict[str, Callable[[int, int], bool]] = {
    "==": int.__eq__, "!=": int.__ne__, "<": int.__lt__, "<=": int.__le__, ">": int.__gt__, ">=": int.__ge__,
}


class NotConstant(Exception):
    """A value is not known, or would trap; the text says why."""


def evaluate(value: tree.Expression) -> tree.Expression:
    """The same value with all scalars in it computed. Raises NotConstant."""
    match value:
        case tree.Constant() | tree.Zero() | tree.Nothing() | tree.FunctionName():
            return value
        case tree.Construct(parts=parts):
            return tree.Construct(value.type, value.line, [(at, evaluate(part)) for at, part in parts])
        case tree.Copy(source=source):
            return evaluate(source)
        case tree.Some(payload=payload):
            return tree.Some(value.type, value.line, evaluate(payload))
        case tree.SetBits():
            return _set_bits(value)
        case tree.Logic(operator=operator, operands=operands):
            return _constant(value, int(_logic(operator, operands)))
        case tree.Conditional(test=test, then=then, other=other):
            return evaluate(then if number(test) else other)
    return _constant(value, _scalar(value))


def number(value: tree.Expression) -> int:
    """The number of a scalar. Raises NotConstant."""
    result = evaluate(value)
    if isinstance(result, tree.Constant):
        return result.value
    if isinstance(result, tree.Zero) and not types.aggregate(result.type):
        return 0
    raise NotConstant("this is not known when the program is compiled")


def wrapped(kind: types.Int, value: int) -> int:
    """The low bits of a number."""
    value &= (1 << kind.bits) - 1
    return value - (1 << kind.bits) if value > kind.high else value


def _constant(like: tree.Expression, value: int) -> tree.Constant:
    return tree.Constant(like.type, like.line, value)


def _scalar(value: tree.Expression) -> int:
    match value:
        case tree.Binary(operator=operator, left=left, right=right, policy=policy) if policy != "optional":
            return _binary(value.type, operator, number(left), number(right), policy)
        case tree.Unary(operator="not", operand=operand):
            return 1 - number(operand)
        case tree.Unary(operator=operator, operand=operand):
            given = number(operand)
            return _fit(value.type, -given if operator == "-" else ~given, "wrapping" if operator == "~" else "checked")
        case tree.Compare(operators=operators, operands=operands):
            numbers = [number(operand) for operand in operands]
            return int(all(_COMPARISONS[operator](numbers[at], numbers[at + 1])
                           for at, operator in enumerate(operators)))
        case tree.Convert(operand=operand, policy=policy):
            return _fit(value.type, number(operand), {"wrap": "wrapping", "saturate": "saturating"}.get(policy, policy))
        case tree.GetBits(register=register, at=at, width=width):
            return number(register) >> at & (1 << width) - 1
        case tree.Length(view=view) if isinstance(view.type, types.Array):
            return view.type.length
    raise NotConstant("this is not known when the program is compiled")


def _binary(kind: Type, operator: str, left: int, right: int, policy: str) -> int:
    if operator in ("<<", ">>"):
        if not isinstance(kind, types.Int) or not 0 <= right < kind.bits:
            raise NotConstant("shift out of range")
        policy = "wrapping"
    try:
        return _fit(kind, _OPERATIONS[operator](left, right), policy)
    except ZeroDivisionError:
        raise NotConstant("division by zero") from None


def _fit(kind: Type, value: int, policy: str) -> int:
    if not isinstance(kind, types.Int) or kind.holds(value):
        return value
    if policy == "wrapping":
        return wrapped(kind, value)
    if policy == "saturating":
        return max(kind.low, min(kind.high, value))
    raise NotConstant(f"overflow: {value} does not fit {kind}")


def _logic(operator: str, operands: list[tree.Expression]) -> bool:
    for operand in operands:
        if bool(number(operand)) != (operator == "and"):
            return operator != "and"
    return operator == "and"


def _set_bits(value: tree.SetBits) -> tree.Constant:
    raw = number(value.register)
    for at, width, field in value.fields:
        given = number(field)
        if not 0 <= given < 1 << width:
            raise NotConstant(f"conversion out of range: {given} does not fit {width} bits")
        raw = raw & ~((1 << width) - 1 << at) | given << at
    return _constant(value, raw)
