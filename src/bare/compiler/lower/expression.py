"""Expressions. Each gives the name of its value; that of a struct or array is a pointer to its place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bare.compiler import tree, types
from bare.compiler.lower import integer, memory, operation
from bare.compiler.lower.builder import Builder
from bare.compiler.lower.layout import parameter_types, result_type, value_type
from bare.compiler.types import Type
from bare.trap import Kind

_COMPARISONS = {"==": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}


def lower(b: Builder, node: tree.Expression) -> str:
    """The value of an expression."""
    b.at(node.line)
    return _LOWER[type(node)](b, node)


def branch(b: Builder, node: tree.Expression, then: str, other: str) -> None:
    """Go one way or the other, without computing the truth first."""
    if isinstance(node, tree.Unary) and node.operator == "not":
        branch(b, node.operand, other, then)
    elif isinstance(node, tree.Logic):
        for operand in node.operands[:-1]:
            onward = b.label("next")
            branch(b, operand, *((onward, other) if node.operator == "and" else (then, onward)))
            b.place(onward)
        branch(b, node.operands[-1], then, other)
    else:
        b.branch(lower(b, node), then, other)


def address(b: Builder, node: tree.Expression) -> tuple[str, int]:
    """The place that is assigned to, and its alignment if that is not the type's own."""
    b.at(node.line)
    match node:
        case tree.Global(symbol=symbol):
            return f'@"{symbol}"', 0
        case tree.Field(base=base, index=index):
            assert isinstance(base.type, types.Struct)
            return memory.field(b, base.type, lower(b, base), index), 1 if base.type.packed else 0
        case tree.Element():
            return _element_place(b, node), 0
    raise AssertionError(f"{type(node).__name__} has no place")


def _constant(b: Builder, node: Any) -> str:
    if node.type is types.BOOL:
        return "true" if node.value else "false"
    return str(node.value)


def _nothing(b: Builder, node: Any) -> str:
    return "null" if isinstance(node.type, types.Optional) and node.type.nullable else "zeroinitializer"


def _text(b: Builder, node: Any) -> str:
    return b.module.view(node.data)


def _local(b: Builder, node: Any) -> str:
    slot = b.module.slots[node.variable]
    if types.aggregate(node.type):
        return b.value(f"load ptr, ptr {slot}, align 8")
    return memory.load(b, node.variable.type, slot)


def _global(b: Builder, node: Any) -> str:
    return memory.load(b, node.type, f'@"{node.symbol}"')


def _function(b: Builder, node: Any) -> str:
    return f'@"{node.symbol}"'


def _place(b: Builder, node: Any) -> str:
    place, alignment = address(b, node)
    return memory.load(b, node.type, place, alignment)


def _element_place(b: Builder, node: tree.Element) -> str:
    base, index = lower(b, node.base), lower(b, node.index)
    b.at(node.line)
    kind = node.base.type
    if isinstance(kind, types.Pointer):
        return memory.element(b, kind.to, base, index, "")
    length = kind.length if isinstance(kind, types.Array) else None
    pointer, count = memory.parts(b, kind, base, length)
    if length is None or not isinstance(node.index, tree.Constant):
        b.require(b.value(f"icmp ult i64 {index}, {count}"), Kind.INDEX, node.line)
    return memory.element(b, node.type, pointer, index)


def _cut(b: Builder, node: Any) -> str:
    base = lower(b, node.base)
    start = lower(b, node.start) if node.start is not None else "0"
    stop = lower(b, node.stop) if node.stop is not None else None
    b.at(node.line)
    kind = node.base.type
    pointer, count = memory.parts(b, kind, base, kind.length if isinstance(kind, types.Array) else None)
    if stop is not None:
        b.require(b.value(f"icmp ule i64 {stop}, {count}"), Kind.INDEX, node.line)
    else:
        stop = count
    if start != "0":
        b.require(b.value(f"icmp ule i64 {start}, {stop}"), Kind.INDEX, node.line)
    length = b.value(f"sub i64 {stop}, {start}")
    return memory.view(b, memory.element(b, node.type.element, pointer, start), length)


def _unary(b: Builder, node: Any) -> str:
    operand = lower(b, node.operand)
    if node.operator == "not":
        return b.value(f"xor i1 {operand}, true")
    if node.operator == "~":
        return b.value(f"xor {value_type(node.type)} {operand}, -1")
    return integer.negate(b, node.type, operand, node.line)


def _binary(b: Builder, node: Any) -> str:
    left, right = lower(b, node.left), lower(b, node.right)
    b.at(node.line)
    kind = node.left.type if isinstance(node.type, types.Optional) else node.type
    return integer.binary(b, kind, node.operator, left, right, node.policy, node.line)


def _compare(b: Builder, node: Any) -> str:
    """Each operand once, until a comparison fails."""
    left = lower(b, node.operands[0])
    failures: list[str] = []
    done = b.label("compared")
    result = ""
    for at, operator in enumerate(node.operators):
        operand = node.operands[at + 1]
        right = lower(b, operand)
        b.at(node.line)
        result = _comparison(b, operand.type, operator, left, right)
        left = right
        if at + 1 < len(node.operators):
            onward = b.label("next")
            failures.append(b.block)
            b.branch(result, onward, done)
            b.place(onward)
    if not failures:
        return result
    last = b.block
    b.place(done)
    arrivals = [f"[ false, %{block} ]" for block in failures] + [f"[ {result}, %{last} ]"]
    return b.value(f"phi i1 {', '.join(arrivals)}")


def _comparison(b: Builder, kind: Type, operator: str, left: str, right: str) -> str:
    name = _COMPARISONS[operator]
    if operator not in ("==", "!="):
        name = ("s" if isinstance(kind, types.Int) and kind.signed else "u") + name
    return b.value(f"icmp {name} {value_type(kind)} {left}, {right}")


def _logic(b: Builder, node: Any) -> str:
    then, other, done = b.label("true"), b.label("false"), b.label("truth")
    branch(b, node, then, other)
    b.place(then)
    b.jump(done)
    b.place(other)
    b.place(done)
    return b.value(f"phi i1 [ true, %{then} ], [ false, %{other} ]")


def _conditional(b: Builder, node: Any) -> str:
    then, other, done = b.label("then"), b.label("else"), b.label("chosen")
    branch(b, node.test, then, other)
    b.place(then)
    first = lower(b, node.then)
    from_then = b.block
    b.jump(done)
    b.place(other)
    second = lower(b, node.other)
    from_other = b.block
    b.place(done)
    if node.type is types.NONE:
        return "zeroinitializer"
    return b.value(f"phi {value_type(node.type)} [ {first}, %{from_then} ], [ {second}, %{from_other} ]")


def _call(b: Builder, node: Any) -> str:
    return _called(b, node, f'@"{node.symbol}"', [lower(b, argument) for argument in node.arguments])


def _call_indirect(b: Builder, node: Any) -> str:
    callee = lower(b, node.callee)
    return _called(b, node, callee, [lower(b, argument) for argument in node.arguments])


def _called(b: Builder, node: tree.Call | tree.CallIndirect, callee: str, values: list[str]) -> str:
    signature = node.signature
    b.at(node.line)
    place = ""
    if types.aggregate(signature.result):
        place = memory.room(b, signature.result)
        values = [place, *values]
    arguments = ", ".join(f"{kind} {value}" for kind, value in zip(parameter_types(signature), values, strict=True))
    result = result_type(signature.result)
    if result == "void":
        b.emit(f"call void {callee}({arguments})")
        if signature.result is types.NEVER:
            b.end("unreachable")
        return place or "zeroinitializer"
    return b.value(f"call {result} {callee}({arguments})")


def _convert(b: Builder, node: Any) -> str:
    value = lower(b, node.operand)
    source, target = node.operand.type, node.type
    b.at(node.line)
    if source is types.BOOL:
        return b.value(f"zext i1 {value} to {value_type(target)}")
    if node.policy == "same":
        return value
    if isinstance(source, types.Enumeration):
        source = types.Int(source.bits, False)
    return integer.convert(b, source, target, value, node.policy, node.line)


def _zero(b: Builder, node: Any) -> str:
    if types.aggregate(node.type):
        place = memory.room(b, node.type)
        memory.clear(b, node.type, place)
        return place
    if isinstance(node.type, types.Optional):
        return _nothing(b, node)
    return "false" if node.type is types.BOOL else "0"


def _construct(b: Builder, node: Any) -> str:
    """All parts are evaluated before the first is stored, for one may change what another refers to."""
    values = [lower(b, part) for _, part in node.parts]
    place = memory.room(b, node.type)
    for (at, part), value in zip(node.parts, values, strict=True):
        if isinstance(node.type, types.Struct):
            memory.store(b, part.type, value, memory.field(b, node.type, place, at), 1 if node.type.packed else 0)
        else:
            memory.store(b, part.type, value, memory.element(b, part.type, place, str(at)))
    return place


def _copy(b: Builder, node: Any) -> str:
    source = lower(b, node.source)
    place = memory.room(b, node.type)
    memory.copy(b, node.type, place, source)
    return place


def _length(b: Builder, node: Any) -> str:
    value = lower(b, node.view)
    kind = node.view.type
    return memory.parts(b, kind, value, kind.length if isinstance(kind, types.Array) else None)[1]


def _make_tuple(b: Builder, node: Any) -> str:
    values = [lower(b, item) for item in node.items]
    kind, made = value_type(node.type), "poison"
    for at, (item, value) in enumerate(zip(node.items, values, strict=True)):
        made = b.value(f"insertvalue {kind} {made}, {value_type(item.type)} {value}, {at}")
    return made


def _tuple_item(b: Builder, node: Any) -> str:
    base = lower(b, node.base)
    return b.value(f"extractvalue {value_type(node.base.type)} {base}, {node.index}")


def _some(b: Builder, node: Any) -> str:
    value = lower(b, node.payload)
    if node.type.nullable:
        return value
    kind = value_type(node.type)
    made = b.value(f"insertvalue {kind} poison, i1 true, 0")
    return b.value(f"insertvalue {kind} {made}, {value_type(node.payload.type)} {value}, 1")


def _present(b: Builder, node: Any) -> str:
    value, kind = lower(b, node.optional), node.optional.type
    if kind.nullable:
        return b.value(f"icmp ne ptr {value}, null")
    return b.value(f"extractvalue {value_type(kind)} {value}, 0")


def _payload(b: Builder, node: Any) -> str:
    value, kind = lower(b, node.optional), node.optional.type
    return value if kind.nullable else b.value(f"extractvalue {value_type(kind)} {value}, 1")


def _make_outcome(b: Builder, node: Any) -> str:
    value = lower(b, node.payload)
    kind = value_type(node.type)
    made = b.value(f"insertvalue {kind} zeroinitializer, i1 {'true' if node.good else 'false'}, 0")
    return b.value(f"insertvalue {kind} {made}, {value_type(node.payload.type)} {value}, {1 if node.good else 2}")


def _widen(b: Builder, node: Any) -> str:
    """Results that are known to be Ok or Err, and back; slices as views look the same."""
    value, source, target = lower(b, node.operand), node.operand.type, node.type
    if isinstance(target, types.View):
        return value
    flag = b.value(f"extractvalue {value_type(source)} {value}, 0")
    made = b.value(f"insertvalue {value_type(target)} zeroinitializer, i1 {flag}, 0")
    for at, before, after in ((1, source.ok, target.ok), (2, source.error, target.error)):
        if before == after and value_type(before) != "{}":
            part = b.value(f"extractvalue {value_type(source)} {value}, {at}")
            made = b.value(f"insertvalue {value_type(target)} {made}, {value_type(before)} {part}, {at}")
    return made


def _succeeded(b: Builder, node: Any) -> str:
    return b.value(f"extractvalue {value_type(node.outcome.type)} {lower(b, node.outcome)}, 0")


def _outcome_part(b: Builder, node: Any) -> str:
    value = lower(b, node.outcome)
    return b.value(f"extractvalue {value_type(node.outcome.type)} {value}, {1 if node.good else 2}")


def _get_bits(b: Builder, node: Any) -> str:
    value, width = lower(b, node.register), value_type(node.register.type)
    if node.at:
        value = b.value(f"lshr {width} {value}, {node.at}")
    if node.type is types.BOOL:
        return b.value(f"trunc {width} {value} to i1")
    return b.value(f"and {width} {value}, {(1 << node.width) - 1}")


def _set_bits(b: Builder, node: Any) -> str:
    value, kind = lower(b, node.register), node.type
    given = [lower(b, field) for _, _, field in node.fields]
    b.at(node.line)
    width = value_type(kind)
    for (at, bits, field), part in zip(node.fields, given, strict=True):
        if field.type is types.BOOL:
            part = b.value(f"zext i1 {part} to {width}")
        elif bits < kind.base.bits:
            b.require(b.value(f"icmp ult {width} {part}, {1 << bits}"), Kind.CONVERSION, node.line)
        kept = kind.base.high & ~((1 << bits) - 1 << at)
        moved = b.value(f"shl {width} {part}, {at}")
        value = b.value(f"or {width} {b.value(f'and {width} {value}, {kept}')}, {moved}")
    return value


def _operation(b: Builder, node: Any) -> str:
    values = [lower(b, operand) for operand in node.operands]
    b.at(node.line)
    return operation.lower(b, node, values)


_LOWER: dict[type[tree.Expression], Callable[[Builder, Any], str]] = {
    tree.Constant: _constant, tree.Nothing: _nothing, tree.Text: _text, tree.Local: _local, tree.Global: _global,
    tree.FunctionName: _function, tree.Field: _place, tree.Element: _place, tree.Cut: _cut, tree.Unary: _unary,
    tree.Binary: _binary, tree.Compare: _compare, tree.Logic: _logic, tree.Conditional: _conditional,
    tree.Call: _call, tree.CallIndirect: _call_indirect, tree.Convert: _convert, tree.Zero: _zero,
    tree.Construct: _construct, tree.Copy: _copy, tree.Length: _length, tree.MakeTuple: _make_tuple,
    tree.TupleItem: _tuple_item, tree.Some: _some, tree.Present: _present, tree.Payload: _payload,
    tree.MakeOutcome: _make_outcome, tree.Widen: _widen, tree.Succeeded: _succeeded,
    tree.OutcomePart: _outcome_part, tree.GetBits: _get_bits, tree.SetBits: _set_bits, tree.Operation: _operation,
}
