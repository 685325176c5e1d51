"""Types as they are written: annotations, and the arguments of `zeroed` and its like."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping

from bare.compiler import types
from bare.compiler.source import Mistake
from bare.compiler.symbols import (
    BUILTINS,
    AliasSymbol,
    ClassSymbol,
    ConstantSymbol,
    FunctionSymbol,
    Module,
    Symbol,
    TypeVariable,
    Word,
)
from bare.compiler.types import Type

_SIMPLE: Mapping[str, Type] = {
    **types.INTEGERS, "usize": types.U64, "bool": types.BOOL, "PhysAddr": types.PHYSICAL, "VirtAddr": types.VIRTUAL,
    "NoReturn": types.NEVER,
}
_LONGEST = 1 << 32                      # elements, and bytes
_NO_WIDTH = "{} has no width: say u64, or another integer of the language"


Settler = Callable[[ClassSymbol, tuple[Type, ...]], Type]
"""How a class, with its arguments, becomes a type."""


class Annotations:
    """Resolves the types of a module. Classes are settled by whoever declares them, through `settle`."""

    def __init__(self, settle: Settler) -> None:
        self._settle = settle

    def resolve(self, node: ast.expr, module: Module, bindings: Mapping[str, Type]) -> Type:
        """Raises Mistake. Type variables without a binding remain as they are."""
        match node:
            case ast.Constant(value=None):
                return types.NONE
            case ast.Constant(value=str() as text):
                return self.resolve(_parsed(node, text), module, bindings)
            case ast.Name() | ast.Attribute():
                return self._named(node, module, bindings)
            case ast.Subscript():
                return self._generic(node, module, bindings)
            case ast.BinOp(op=ast.BitOr()):
                return self._union(node, module, bindings)
        raise Mistake(node, "expected a type")

    def symbol(self, node: ast.expr, module: Module) -> Symbol | None:
        """What a name, or a name in a module, stands for."""
        if isinstance(node, ast.Name):
            return module.scope.get(node.id) or BUILTINS.get(node.id)
        if isinstance(node, ast.Attribute):
            outer = self.symbol(node.value, module)
            if isinstance(outer, Module):
                return outer.scope.get(node.attr)
        return None

    def _named(self, node: ast.Name | ast.Attribute, module: Module, bindings: Mapping[str, Type]) -> Type:
        symbol = self.symbol(node, module)
        match symbol:
            case Word(name) if name in _SIMPLE:
                return _SIMPLE[name]
            case Word(name) if name in _EXAMPLES:
                raise Mistake(node, f"{name} needs arguments, like {_EXAMPLES[name]}")
            case TypeVariable(name):
                return bindings.get(name, types.Variable(name))
            case AliasSymbol():
                return self.resolve(symbol.node, symbol.module, {})
            case ClassSymbol():
                if symbol.parameters:
                    raise Mistake(node, f"{symbol.name} is generic: it needs [{', '.join(symbol.parameters)}]")
                return self._settle(symbol, ())
        written = ast.unparse(node)
        if symbol is None and written in ("int", "float", "str", "bytes", "list", "dict", "object"):
            hint = {"int": _NO_WIDTH.format("int"), "str": "str: texts are View[u8], made by utf8(...)"}
            raise Mistake(node, hint.get(written, f"{written} is no type of the language"))
        if symbol is None:
            raise Mistake(node, f"{written} is not defined")
        if isinstance(symbol, (ConstantSymbol, FunctionSymbol, Module, Word)):
            raise Mistake(node, f"{written} is no type")
        raise Mistake(node, f"{written} is no type here")

    def _generic(self, node: ast.Subscript, module: Module, bindings: Mapping[str, Type]) -> Type:
        symbol = self.symbol(node.value, module)
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        if isinstance(symbol, ClassSymbol):
            arguments = tuple(self.resolve(part, module, bindings) for part in parts)
            if len(arguments) != len(symbol.parameters):
                raise Mistake(node, f"{symbol.name} takes {len(symbol.parameters)} type arguments, "
                                    f"got {len(arguments)}")
            if any(map(open_type, arguments)):
                return types.StructPattern(symbol, arguments)
            return self._settle(symbol, arguments)
        if not isinstance(symbol, Word):
            raise Mistake(node.value, f"{ast.unparse(node.value)} is no generic type")
        match symbol.name, parts:
            case "Literal", [ast.Constant(value=bool() | int() as value)] if value is not True and value is not False:
                if value >= _LONGEST:
                    raise Mistake(parts[0], f"a length is below {_LONGEST}")
                return types.Number(value)
            case "Array", [element, length]:
                return _array(length, self._content(element, module, bindings),
                              self.resolve(length, module, bindings))
            case "View" | "Slice", [element]:
                return types.View(self._content(element, module, bindings), symbol.name == "Slice")
            case "Ptr", [element]:
                return types.Pointer(self._content(element, module, bindings))
            case "Ref", [target]:
                inner = self.resolve(target, module, bindings)
                return types.Reference(inner)
            case "Atomic" | "Register", [content]:
                number = self.resolve(content, module, bindings)
                if not isinstance(number, types.Int):
                    raise Mistake(content, f"{symbol.name} holds an integer, not {number}")
                return types.Cell(symbol.name, number)
            case "tuple", _:
                return types.Tuple(tuple(self._payload(part, module, bindings) for part in parts))
            case "Callable", [ast.List(elts=parameters), result]:
                return types.Function(
                    tuple(self.parameter(part, module, bindings) for part in parameters),
                    self.resolve(result, module, bindings))
            case "Result", [ok, error]:
                return types.Outcome(self._payload(ok, module, bindings), self._payload(error, module, bindings))
            case "Ok", [ok]:
                return types.Outcome(self._payload(ok, module, bindings), types.NEVER)
            case "Err", [error]:
                return types.Outcome(types.NEVER, self._payload(error, module, bindings))
            case ("Annotated" | "Final"), [inside, *_]:
                return self.resolve(inside, module, bindings)
        raise Mistake(node, f"{ast.unparse(node)} is no type" + (
            f": write {_EXAMPLES[symbol.name]}" if symbol.name in _EXAMPLES else ""))

    def parameter(self, node: ast.expr, module: Module, bindings: Mapping[str, Type]) -> Type:
        """The type of a parameter: structs are references anyway."""
        kind = self.resolve(node, module, bindings)
        if kind in (types.NONE, types.NEVER) or isinstance(kind, types.Number):
            raise Mistake(node, f"a parameter can't be {kind}")
        return kind.to if isinstance(kind, types.Reference) else kind

    def _union(self, node: ast.BinOp, module: Module, bindings: Mapping[str, Type]) -> Type:
        parts = [self._payload(part, module, bindings) for part in _alternatives(node)]
        if len(parts) == 2 and types.NONE in parts:
            payload = parts[0] if parts[1] is types.NONE else parts[1]
            if not isinstance(payload, (types.Optional, types.Outcome)) and payload is not types.NONE:
                return types.Optional(payload)
        if len(parts) == 2 and all(isinstance(part, types.Outcome) for part in parts):
            first, second = parts
            assert isinstance(first, types.Outcome) and isinstance(second, types.Outcome)
            if first.error is second.ok is types.NEVER:
                return types.Outcome(first.ok, second.error)
            if first.ok is second.error is types.NEVER:
                return types.Outcome(second.ok, first.error)
        raise Mistake(node, f"{ast.unparse(node)}: there are T | None and Ok[T] | Err[E], no other unions")

    def _content(self, node: ast.expr, module: Module, bindings: Mapping[str, Type]) -> Type:
        kind = self.resolve(node, module, bindings)
        if kind in (types.NONE, types.NEVER) or isinstance(kind, (types.Reference, types.Number)):
            raise Mistake(node, f"memory can't hold {kind}")
        return kind

    def _payload(self, node: ast.expr, module: Module, bindings: Mapping[str, Type]) -> Type:
        kind = self.resolve(node, module, bindings)
        if types.aggregate(kind):
            raise Mistake(node, f"{kind} can't be part of another value: a reference can, Ref[{kind}]")
        return kind.to if isinstance(kind, types.Reference) else kind


_EXAMPLES = {
    "tuple": "tuple[u32, bool]", "Array": "Array[u8, Literal[16]]", "View": "View[u8]", "Slice": "Slice[u8]",
    "Ptr": "Ptr[u8]", "Ref": "Ref[Cap]", "Callable": "Callable[[u32], bool]", "Atomic": "Atomic[u32]",
    "Register": "Register[u32]", "Literal": "Literal[16]",
}


def open_type(kind: Type) -> bool:
    """Whether a type has variables that are not bound yet."""
    match kind:
        case types.Variable() | types.ArrayPattern() | types.StructPattern():
            return True
        case types.Array(element, _) | types.View(element, _):
            return open_type(element)
        case types.Pointer(inner) | types.Reference(inner) | types.Optional(inner):
            return open_type(inner)
        case types.Outcome(ok, error):
            return open_type(ok) or open_type(error)
        case types.Tuple(items):
            return any(map(open_type, items))
        case types.Function(parameters, result):
            return any(map(open_type, parameters)) or open_type(result)
    return False


def _array(node: ast.expr, element: Type, length: Type) -> Type:
    if isinstance(length, types.Number) and not open_type(element):
        if element.size * length.value >= _LONGEST:
            raise Mistake(node, f"an array has less than {_LONGEST} bytes")
        return types.Array(element, length.value)
    if isinstance(length, (types.Number, types.Variable)):
        return types.ArrayPattern(element, length)
    raise Mistake(node, "a length is a number: Literal[16], or a type variable")


def _alternatives(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return _alternatives(node.left) + _alternatives(node.right)
    return [node]


def _parsed(node: ast.expr, text: str) -> ast.expr:
    try:
        inner = ast.parse(text, mode="eval").body
    except SyntaxError:
        raise Mistake(node, "expected a type") from None
    for part in ast.walk(inner):
        if isinstance(part, ast.expr):
            part.lineno, part.col_offset = node.lineno, node.col_offset
    return inner
