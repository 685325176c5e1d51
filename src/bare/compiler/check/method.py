"""Calls of methods: those of the program's classes, and those that the language's types have."""

from __future__ import annotations

import ast

from bare.compiler import tree, types
from bare.compiler.check import call as calls
from bare.compiler.check import expression as expressions
from bare.compiler.check import word
from bare.compiler.check.context import Context, adapt
from bare.compiler.source import Mistake
from bare.compiler.symbols import ClassSymbol, Word
from bare.compiler.types import Type

_POLICIES = ("wrapping", "saturating", "checked")
_OPERATORS = {"add": "+", "sub": "-", "mul": "*"}
_COUNTS = ("count_ones", "leading_zeros", "trailing_zeros", "byte_swap")
_ROTATIONS = ("rotate_left", "rotate_right")
_ORDERS = {
    "RELAXED": "monotonic", "ACQUIRE": "acquire", "RELEASE": "release", "ACQ_REL": "acq_rel", "SEQ_CST": "seq_cst",
}
_FETCHES = {"exchange": "xchg", "fetch_add": "add", "fetch_sub": "sub", "fetch_and": "and", "fetch_or": "or"}


def call_method(cx: Context, node: ast.Call, function: ast.Attribute, hint: Type | None) -> tree.Expression:
    """`object.name(...)`, or `Type.name(...)`."""
    owner = expressions.static_symbol(cx, function.value)
    name = function.attr
    if isinstance(owner, Word) and owner.name in types.INTEGERS | {"usize": 0}:
        return _of_integer_type(cx, node, types.INTEGERS.get(owner.name, types.U64), name)
    if isinstance(owner, ClassSymbol) and owner.kind == "enum" and name == "of":
        calls.no_keywords(node)
        calls.count(node, "of", len(node.args), 1)
        kind = cx.program.settle(owner, ())
        raw = expressions.expected(cx, node.args[0], types.U64)
        return tree.Operation(types.Optional(kind), node.lineno, "member", [raw])
    if isinstance(owner, ClassSymbol) and name in owner.methods:
        raise Mistake(node, f"{name} is a method: call it on a value of {owner.name}")
    base = expressions.expression(cx, function.value)
    kind = base.type
    match kind:
        case types.UNKNOWN:
            return base
        case types.Struct(symbol=symbol, arguments=arguments):
            if name in symbol.methods:
                bindings = dict(zip(symbol.parameters, arguments, strict=True))
                return calls.call_function(cx, node, symbol.methods[name], [base], bindings)
            if name in kind.fields and isinstance(kind.fields[name], types.Function):
                return calls.call_value(cx, node, expressions.member(cx, function, base, name))
        case types.BitField(symbol=symbol) | types.Enumeration(symbol=symbol) if name in symbol.methods:
            return calls.call_function(cx, node, symbol.methods[name], [base], {})
        case types.BitField() if name == "set":
            return _set_bits(cx, node, base, kind)
        case types.Int():
            return _of_integer(cx, node, base, kind, name)
        case types.View():
            return _of_view(cx, node, base, kind, name)
        case types.Pointer():
            cx.require_unsafe(node, "Ptr")
            return _of_pointer(cx, node, base, kind, name)
        case types.Cell():
            return _of_cell(cx, node, base, kind, name)
        case types.Optional():
            raise Mistake(node, f"{kind} may be None: ask 'is not None' first")
    raise Mistake(node, f"{kind} has no method {name}")


def convert(place: ast.expr, value: tree.Expression, target: types.Int, policy: str) -> tree.Expression:
    """A number as an integer of some width."""
    if isinstance(value, tree.Constant) and value.type is types.LITERAL:
        number = value.value
        if policy == "wrap":
            number &= (1 << target.bits) - 1
            number -= (1 << target.bits) if number > target.high else 0
        elif policy == "saturate":
            number = max(target.low, min(target.high, number))
        if not target.holds(number):
            raise Mistake(place, f"{number} does not fit {target}")
        return tree.Constant(target, value.line, number)
    kind = value.type
    if isinstance(kind, types.Int) or kind is types.BOOL:
        return tree.Convert(target, value.line, value, policy)
    if kind in types.ADDRESSES and target == types.U64:
        return tree.Convert(target, value.line, value, "same")
    if kind is types.UNKNOWN:
        return value
    hint = ": use .raw" if isinstance(kind, (types.Enumeration, types.BitField)) else (
        ": an address is a u64" if kind in types.ADDRESSES else "")
    raise Mistake(place, f"{target} can't be made of {kind}{hint}")


def order(cx: Context, node: ast.expr, allowed: tuple[str, ...] = tuple(_ORDERS)) -> str:
    """The ordering that `Order.X` names, as LLVM spells it."""
    if isinstance(node, ast.Attribute) and node.attr in _ORDERS:
        owner = expressions.static_symbol(cx, node.value)
        if isinstance(owner, Word) and owner.name == "Order":
            if node.attr not in allowed:
                raise Mistake(node, f"{node.attr} makes no sense here: use {', '.join(allowed)}")
            return _ORDERS[node.attr]
    raise Mistake(node, "expected an Order, like Order.ACQUIRE, written here")


def _of_integer_type(cx: Context, node: ast.Call, target: types.Int, name: str) -> tree.Expression:
    if name not in ("wrap", "saturate"):
        raise Mistake(node, f"{target} has no {name}")
    calls.no_keywords(node)
    calls.count(node, name, len(node.args), 1)
    value = expressions.expression(cx, node.args[0])
    if value.type is types.BOOL or value.type in types.ADDRESSES:
        raise Mistake(node, f"expected an integer, got {value.type}")
    return convert(node.args[0], value, target, name)


def _of_integer(cx: Context, node: ast.Call, base: tree.Expression, kind: types.Int, name: str) -> tree.Expression:
    calls.no_keywords(node)
    policy, _, operation = name.partition("_")
    if policy in _POLICIES and operation in _OPERATORS:
        calls.count(node, name, len(node.args), 1)
        other = adapt(node.args[0], expressions.expression(cx, node.args[0]), kind)
        result: Type = types.Optional(kind) if policy == "checked" else kind
        policy = "optional" if policy == "checked" else policy
        return tree.Binary(result, node.lineno, _OPERATORS[operation], base, other, policy)
    if name in _COUNTS:
        calls.count(node, name, len(node.args), 0)
        return tree.Operation(kind, node.lineno, name, [base])
    if name in _ROTATIONS:
        calls.count(node, name, len(node.args), 1)
        by = adapt(node.args[0], expressions.expression(cx, node.args[0]), kind)
        return tree.Operation(kind, node.lineno, name, [base, by])
    raise Mistake(node, f"{kind} has no method {name}")


def _set_bits(cx: Context, node: ast.Call, base: tree.Expression, kind: types.BitField) -> tree.Expression:
    if node.args:
        raise Mistake(node.args[0], f"set takes fields by name: {', '.join(kind.fields)}")
    fields = []
    for keyword in node.keywords:
        if keyword.arg not in kind.fields:
            raise Mistake(keyword.value, f"{kind} has no field {keyword.arg}")
        at, width, flag = kind.fields[keyword.arg]
        value = expressions.expected(cx, keyword.value, types.BOOL if flag else kind.base)
        fields.append((at, width, value))
    return tree.SetBits(kind, node.lineno, base, fields)


def _of_view(cx: Context, node: ast.Call, base: tree.Expression, kind: types.View, name: str) -> tree.Expression:
    calls.no_keywords(node)
    if name not in ("copy_from", "fill"):
        raise Mistake(node, f"{kind} has no method {name}")
    if not kind.writable:
        raise Mistake(node, f"{kind} can only be read")
    calls.count(node, name, len(node.args), 1)
    word.require_copyable(node, kind.element)
    wanted = types.View(kind.element, False) if name == "copy_from" else kind.element
    value = expressions.expected(cx, node.args[0], wanted)
    return tree.Operation(types.NONE, node.lineno, name, [base, value])


def _of_pointer(cx: Context, node: ast.Call, base: tree.Expression, kind: types.Pointer, name: str
                ) -> tree.Expression:
    calls.no_keywords(node)
    if name == "offset":
        calls.count(node, name, len(node.args), 1)
        return tree.Operation(kind, node.lineno, "offset", [base, expressions.index(cx, node.args[0])])
    if name in ("load", "store"):
        if not isinstance(kind.to, (types.Int, types.BitField)) and kind.to not in types.ADDRESSES:
            raise Mistake(node, f"a volatile access is of one integer, not of {kind.to}")
        calls.count(node, name, len(node.args), int(name == "store"))
        values = [expressions.expected(cx, argument, kind.to) for argument in node.args]
        return tree.Operation(kind.to if name == "load" else types.NONE, node.lineno, f"volatile_{name}",
                              [base, *values])
    raise Mistake(node, f"{kind} has no method {name}")


def _of_cell(cx: Context, node: ast.Call, base: tree.Expression, kind: types.Cell, name: str) -> tree.Expression:
    calls.no_keywords(node)
    content, line, arguments = kind.content, node.lineno, node.args

    def values(count: int) -> list[tree.Expression]:
        calls.count(node, name, len(arguments), count + (1 if kind.kind == "Atomic" else 0))
        return [base, *(expressions.expected(cx, argument, content) for argument in arguments[:count])]

    match kind.kind, name:
        case "Register", "read":
            return tree.Operation(content, line, "volatile_load", values(0))
        case "Register", "write":
            return tree.Operation(types.NONE, line, "volatile_store", values(1))
        case "Atomic", "load":
            operands = values(0)
            return tree.Operation(content, line, "atomic_load", operands,
                                  order(cx, arguments[-1], ("RELAXED", "ACQUIRE", "SEQ_CST")))
        case "Atomic", "store":
            operands = values(1)
            return tree.Operation(types.NONE, line, "atomic_store", operands,
                                  order(cx, arguments[-1], ("RELAXED", "RELEASE", "SEQ_CST")))
        case "Atomic", _ if name in _FETCHES:
            operands = values(1)
            return tree.Operation(content, line, f"atomic_{_FETCHES[name]}", operands, order(cx, arguments[-1]))
        case "Atomic", "compare_exchange":
            operands = values(2)
            return tree.Operation(types.BOOL, line, "atomic_cas", operands, order(cx, arguments[-1]))
    raise Mistake(node, f"{kind} has no method {name}")
