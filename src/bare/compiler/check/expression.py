"""Expressions: names, operators, fields, elements. Calls are in `call`."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from bare.compiler import tree, types
from bare.compiler.check import call
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
_WIDEST = 4096          # bits of a literal: what is longer is a mistake, and would take memory


def expression(cx: Context, node: ast.expr, hint: Type | None = None) -> tree.Expression:
    """The typed form of an expression. `hint` is the type that is expected, for what has none by itself."""
    check = _EXPRESSIONS.get(type(node))
    if check is None:
        raise Mistake(node, _UNSUPPORTED.get(type(node), f"{title(node)} is not part of the language"))
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
    if operator == "<<" and not 0 <= right.value <= _WIDEST:
        raise Mistake(node, "shift out of range")
    try:
        value = _FOLD[operator](left.value, right.value)
    except (ZeroDivisionError, ValueError) as error:
        raise Mistake(node, "division by zero" if isinstance(error, ZeroDivisionError) else "shift out of range"
                      ) from None
    if value.bit_length() > _WIDEST:
        raise Mistake(node, f"a literal of more than {_WIDEST} bits")
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


def _constant(cx: Context, node: Any, hint: Type | None) -> tree.Expression:
    value = node.value
    if isinstance(value, bool):
        return tree.Constant(types.BOOL, node.lineno, int(value))
    if isinstance(value, int):
        if value.bit_length() > _WIDEST:
            raise Mistake(node, f"a literal of more than {_WIDEST} bits")
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
            if cx.instance is None and symbol.line > node.lineno and symbol is cx.module.scope.get(name):
                raise Mistake(node, f"{name} is defined further down")
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


def _unary(cx: Context, node: Any, hint: Type | None) -> tree.Expression:
    if isinstance(node.op, ast.Not):
        return tree.Unary(types.BOOL, node.lineno, "not", condition(cx, node.operand))
    operand = expression(cx, node.operand)
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


def _binary(cx: Context, node: Any, hint: Type | None) -> tree.Expression:
    operator = ARITHMETIC.get(type(node.op))
    if operator is None:
        raise Mistake(node, "there is no /: integers have //" if isinstance(node.op, ast.Div) else
                      f"the language has no {title(node.op)}")
    left = expression(cx, node.left)
    return arithmetic(node, operator, left, expression(cx, node.right))


def _compare(cx: Context, node: Any, hint: Type | None) -> tree.Expression:
    if any(isinstance(operator, (ast.Is, ast.IsNot)) for operator in node.ops):
        return _identity(cx, node)
    operands = [expression(cx, operand) for operand in (node.left, *node.comparators)]
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
    value = expression(cx, node.left)
    wanted = isinstance(node.ops[0], ast.IsNot)
    if value.type is types.UNKNOWN:
        return value
    if not isinstance(value.type, types.Optional):
        raise Mistake(node, f"{value.type} is never None" if value.type is not types.NONE else "this is always None")
    present = tree.Present(types.BOOL, node.lineno, value)
    return present if wanted else tree.Unary(types.BOOL, node.lineno, "not", present)


def _logic(cx: Context, node: Any, hint: Type | None) -> tree.Expression:
    """`and`, `or`: what the operands before have found out is known in those behind them."""
    before = cx.flow
    cx.flow = before.fork()
    operands = []
    for operand in node.values:
        operands.append(condition(cx, operand))
        narrow(cx, operand, isinstance(node.op, ast.And))
    cx.flow = before
    return tree.Logic(types.BOOL, node.lineno, "and" if isinstance(node.op, ast.And) else "or", operands)


def _conditional(cx: Context, node: Any, hint: Type | None) -> tree.Expression:
    test = condition(cx, node.test)
    before = cx.flow
    cx.flow = before.fork()
    narrow(cx, node.test, True)
    then = expression(cx, node.body, hint)
    cx.flow = before.fork()
    narrow(cx, node.test, False)
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
            word = static_symbol(cx, kind)
            if variable is not None and isinstance(variable.type, types.Outcome) and isinstance(word, Word):
                if (word.name == "Ok") == holds:
                    cx.flow.narrowed[name] = types.Outcome(variable.type.ok, types.NEVER)
                else:
                    cx.flow.narrowed[name] = types.Outcome(types.NEVER, variable.type.error)


def title(node: ast.AST) -> str:
    """What a reader calls a kind of syntax."""
    return _TITLES.get(type(node), type(node).__name__)


_EXPRESSIONS: dict[type[ast.expr], Callable[[Context, Any, Type | None], tree.Expression]] = {
    ast.Constant: _constant, ast.Name: _name, ast.Attribute: _attribute, ast.Subscript: _subscript,
    ast.UnaryOp: _unary, ast.BinOp: _binary, ast.Compare: _compare, ast.BoolOp: _logic, ast.IfExp: _conditional,
    ast.Tuple: _tuple, ast.Call: _call,
}
_TITLES: dict[type[ast.AST], str] = {
    ast.Pow: "**", ast.MatMult: "@", ast.In: "in", ast.NotIn: "not in", ast.Slice: "slice here",
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
