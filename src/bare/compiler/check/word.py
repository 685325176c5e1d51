"""The words of the language that are called: conversions, `zeroed`, `len`, `Ok`, `pointer` and the like."""

from __future__ import annotations

import ast
from collections.abc import Callable

from bare.compiler import tree, types
from bare.compiler.check import call, method
from bare.compiler.check import expression as expressions
from bare.compiler.check.annotation import open_type
from bare.compiler.check.context import Context, coerce
from bare.compiler.source import Mistake
from bare.compiler.symbols import Word
from bare.compiler.types import Type


def word(cx: Context, node: ast.Call, name: str, hint: Type | None) -> tree.Expression:
    if name == "usize":
        name = "u64"
    if name in types.INTEGERS:
        call.no_keywords(node)
        call.count(node, name, len(node.args), 1)
        return method.convert(node.args[0], expressions.expression(cx, node.args[0]), types.INTEGERS[name], "checked")
    handler, arguments = _WORDS.get(name, (None, 0))
    if handler is None:
        if name == "range":
            raise Mistake(node, "range belongs into a for loop")
        raise Mistake(node, f"{name} is not called here")
    call.no_keywords(node)
    if arguments >= 0:
        call.count(node, name, len(node.args), arguments)
    return handler(cx, node, hint)


def _zeroed(cx: Context, node: ast.Call, hint: Type | None) -> tree.Expression:
    kind = _kind(cx, node.args[0])
    require_zero(node.args[0], kind)
    return tree.Zero(kind, node.lineno, origin=cx.fresh if types.aggregate(kind) else tree.NOWHERE)


def require_zero(place: ast.expr, kind: Type) -> None:
    """Raises Mistake if a type has no value whose bits are zero."""
    match kind:
        case types.Struct(fields=fields):
            for field in fields.values():
                require_zero(place, field)
        case types.Array(element, _):
            require_zero(place, element)
        case types.Enumeration(members=members) if 0 not in members.values():
            raise Mistake(place, f"{kind} has no member that is 0")
        case types.Pointer() | types.Function() | types.View() | types.Outcome() | types.Tuple() | types.Simple(
                "None" | "NoReturn"):
            raise Mistake(place, f"{kind} has no zero" + (
                f": use {kind} | None" if isinstance(kind, types.Pointer) else ""))


def _sizeof(cx: Context, node: ast.Call, hint: Type | None) -> tree.Expression:
    return tree.Constant(types.U64, node.lineno, _kind(cx, node.args[0]).size)


def _kind(cx: Context, node: ast.expr) -> Type:
    """A type as an argument: CPython has to know it too, so it can't be a variable."""
    kind = cx.program.annotations.resolve(node, cx.module, {})
    if open_type(kind):
        raise Mistake(node, f"{kind} is not known when CPython runs this: take the value as an argument")
    if isinstance(kind, (types.Reference, types.Number)) or kind in (types.NONE, types.NEVER):
        raise Mistake(node, f"{kind} is no type of memory")
    return kind


def _len(cx: Context, node: ast.Call, hint: Type | None) -> tree.Expression:
    value = expressions.expression(cx, node.args[0])
    if isinstance(value.type, types.Array):
        # The array itself is evaluated: an index in it may trap.
        return tree.Length(types.U64, node.lineno, value)
    if isinstance(value.type, types.View):
        return tree.Length(types.U64, node.lineno, value)
    if value.type is types.UNKNOWN:
        return value
    raise Mistake(node.args[0], f"{value.type} has no length")


def _copy(cx: Context, node: ast.Call, hint: Type | None) -> tree.Expression:
    value = expressions.expression(cx, node.args[0])
    if not isinstance(value.type, (types.Struct, types.Array)):
        raise Mistake(node.args[0], f"expected a struct or array, got {value.type}")
    require_copyable(node, value.type)
    return tree.Copy(value.type, node.lineno, value, origin=cx.fresh)


def require_copyable(place: ast.expr | ast.stmt, kind: Type) -> None:
    """Raises Mistake if a type has parts that must not be copied."""
    match kind:
        case types.Cell():
            raise Mistake(place, f"{kind} can't be copied: use its methods")
        case types.Struct(fields=fields):
            for field in fields.values():
                require_copyable(place, field)
        case types.Array(element, _):
            require_copyable(place, element)


def _utf8(cx: Context, node: ast.Call, hint: Type | None) -> tree.Expression:
    argument = node.args[0]
    if not isinstance(argument, ast.Constant) or not isinstance(argument.value, str):
        raise Mistake(argument, "expected a literal text")
    try:
        data = argument.value.encode()
    except UnicodeEncodeError:
        raise Mistake(argument, "this text can't be written in UTF-8") from None
    return tree.Text(types.View(types.U8, False), node.lineno, data, origin=tree.OUTER)


def _outcome(cx: Context, node: ast.Call, hint: Type | None) -> tree.Expression:
    good = isinstance(node.func, ast.Name) and _named(cx, node.func) == "Ok"
    wanted = None
    if isinstance(hint, types.Outcome):
        wanted = hint.ok if good else hint.error
    value = expressions.expression(cx, node.args[0], wanted)
    if wanted is not None and wanted is not types.NEVER:
        value = coerce(node.args[0], value, wanted)
    if value.type is types.LITERAL:
        raise Mistake(node.args[0], "a literal has no width here: write u64(...)")
    kind = types.Outcome(value.type, types.NEVER) if good else types.Outcome(types.NEVER, value.type)
    return tree.MakeOutcome(kind, node.lineno, good, value, origin=value.origin)


def _named(cx: Context, node: ast.expr) -> str:
    symbol = expressions.static_symbol(cx, node)
    return symbol.name if isinstance(symbol, Word) else ""


def _array(cx: Context, node: ast.Call, hint: Type | None) -> tree.Expression:
    element = hint.element if isinstance(hint, types.Array) else None
    values = []
    for argument in node.args:
        value = expressions.expression(cx, argument, element)
        if element is None:
            if value.type is types.LITERAL:
                raise Mistake(argument, "a literal has no width here: write u64(...)")
            element = value.type
        values.append(coerce(argument, value, element))
    if element is None:
        raise Mistake(node, "an empty array says nothing of its elements: use zeroed(Array[...])")
    if (types.refers(element) and not types.aggregate(element)) or element is types.NONE:
        raise Mistake(node, f"memory can't hold {element}")
    kind = types.Array(element, len(values))
    require_copyable(node, kind)
    return tree.Construct(kind, node.lineno, list(enumerate(values)), origin=cx.fresh)


def _address(cx: Context, node: ast.Call, hint: Type | None) -> tree.Expression:
    kind = types.PHYSICAL if _named(cx, node.func) == "PhysAddr" else types.VIRTUAL
    return tree.Convert(kind, node.lineno, expressions.expected(cx, node.args[0], types.U64), "same")


def _isinstance(cx: Context, node: ast.Call, hint: Type | None) -> tree.Expression:
    value, name = expressions.expression(cx, node.args[0]), _named(cx, node.args[1])
    if name not in ("Ok", "Err") or not isinstance(value.type, types.Outcome):
        raise Mistake(node, "isinstance asks whether a result is Ok or Err, nothing else")
    succeeded = tree.Succeeded(types.BOOL, node.lineno, value)
    return succeeded if name == "Ok" else tree.Unary(types.BOOL, node.lineno, "not", succeeded)


def _fence(cx: Context, node: ast.Call, hint: Type | None) -> tree.Expression:
    order = method.order(cx, node.args[0])
    if order == "monotonic":
        raise Mistake(node.args[0], "a relaxed fence does nothing")
    return tree.Operation(types.NONE, node.lineno, "fence", [], order)


def _pointer(cx: Context, node: ast.Call, hint: Type | None) -> tree.Expression:
    value = expressions.expression(cx, node.args[0])
    if not types.aggregate(value.type):
        raise Mistake(node.args[0], f"only structs and arrays have a place, {value.type} has none")
    return tree.Operation(types.Pointer(value.type), node.lineno, "pointer", [value])


def _elements(cx: Context, node: ast.Call, hint: Type | None) -> tree.Expression:
    value = expressions.expression(cx, node.args[0])
    if not isinstance(value.type, types.View):
        raise Mistake(node.args[0], f"expected a slice, got {value.type}")
    return tree.Operation(types.Pointer(value.type.element), node.lineno, "elements", [value])


def _slice_of(cx: Context, node: ast.Call, hint: Type | None) -> tree.Expression:
    first = expressions.expression(cx, node.args[0])
    if not isinstance(first.type, types.Pointer):
        raise Mistake(node.args[0], f"expected a pointer, got {first.type}")
    length = expressions.expected(cx, node.args[1], types.U64)
    return tree.Operation(types.View(first.type.to, True), node.lineno, "slice_of", [first, length], origin=tree.OUTER)


def _pointer_to(cx: Context, node: ast.Call, hint: Type | None) -> tree.Expression:
    address = expressions.expected(cx, node.args[1], types.VIRTUAL)
    return tree.Operation(types.Pointer(_kind(cx, node.args[0])), node.lineno, "pointer_to", [address])


def _device(cx: Context, node: ast.Call, hint: Type | None) -> tree.Expression:
    kind = _kind(cx, node.args[0])
    if not isinstance(kind, types.Struct):
        raise Mistake(node.args[0], f"a device is a struct of registers, not {kind}")
    address = expressions.expected(cx, node.args[1], types.VIRTUAL)
    return tree.Operation(kind, node.lineno, "pointer_to", [address], origin=tree.OUTER)


def _code_address(cx: Context, node: ast.Call, hint: Type | None) -> tree.Expression:
    function = expressions.expression(cx, node.args[0])
    if not isinstance(function.type, types.Function):
        raise Mistake(node.args[0], f"expected a function, got {function.type}")
    return tree.Operation(types.VIRTUAL, node.lineno, "address", [function])


def _unreachable(cx: Context, node: ast.Call, hint: Type | None) -> tree.Expression:
    return tree.Operation(types.NEVER, node.lineno, "unreachable", [])


def _trap_handled(cx: Context, node: ast.Call, hint: Type | None) -> tree.Expression:
    return tree.Operation(types.NONE, node.lineno, "trap_handled", [])


def _hardware(cx: Context, node: ast.Call, hint: Type | None) -> tree.Expression:
    raise Mistake(node, "hardware() is the body of functions that are @instructions")


_Handler = Callable[[Context, ast.Call, Type | None], tree.Expression]
_WORDS: dict[str, tuple[_Handler, int]] = {
    "zeroed": (_zeroed, 1), "sizeof": (_sizeof, 1), "len": (_len, 1), "copy": (_copy, 1), "utf8": (_utf8, 1),
    "Ok": (_outcome, 1), "Err": (_outcome, 1), "Array": (_array, -1), "PhysAddr": (_address, 1),
    "VirtAddr": (_address, 1), "isinstance": (_isinstance, 2), "fence": (_fence, 1), "pointer": (_pointer, 1),
    "elements": (_elements, 1), "slice_of": (_slice_of, 2), "pointer_to": (_pointer_to, 2), "device": (_device, 2),
    "code_address": (_code_address, 1), "trap_handled": (_trap_handled, 0), "unreachable": (_unreachable, 0),
    "hardware": (_hardware, 0),
}
