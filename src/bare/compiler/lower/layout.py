"""How types look in LLVM: as values, and in memory. A bool is one bit as a value, and a byte in memory."""

from __future__ import annotations

from bare.compiler import types
from bare.compiler.types import Type


def value_type(kind: Type) -> str:
    """The type of values; structs and arrays are pointers to their place."""
    match kind:
        case types.Int(bits, _):
            return f"i{bits}"
        case types.Simple("bool"):
            return "i1"
        case types.Simple("PhysAddr" | "VirtAddr"):
            return "i64"
        case types.Simple():
            return "{}"
        case types.Enumeration(bits=bits):
            return f"i{bits}"
        case types.BitField(base=base):
            return f"i{base.bits}"
        case types.View():
            return "{ptr, i64}"
        case types.Optional(payload):
            return "ptr" if kind.nullable else f"{{i1, {value_type(payload)}}}"
        case types.Outcome(ok, error):
            return f"{{i1, {value_type(ok)}, {value_type(error)}}}"
        case types.Tuple(items):
            return f"{{{', '.join(map(value_type, items))}}}"
    return "ptr"


def memory_type(kind: Type) -> str:
    """The type of a place in memory."""
    match kind:
        case types.Simple("bool"):
            return "i8"
        case types.Struct():
            return f'%"{struct_name(kind)}"'
        case types.Array(element, length):
            return f"[{length} x {memory_type(element)}]"
        case types.Cell(_, content):
            return f"i{content.bits}"
    return value_type(kind)


def struct_name(kind: types.Struct) -> str:
    inner = f"[{','.join(map(str, kind.arguments))}]" if kind.arguments else ""
    return f"{kind.symbol.qualified}{inner}".replace(" ", "")


def struct_body(kind: types.Struct) -> str:
    """What follows `type` in the definition of a struct."""
    fields = ", ".join(map(memory_type, kind.fields.values()))
    return f"<{{{fields}}}>" if kind.packed else f"{{{fields}}}"


def result_type(result: Type) -> str:
    """What a function of this result returns; structs and arrays are written where the caller says."""
    if result in (types.NONE, types.NEVER) or types.aggregate(result):
        return "void"
    return value_type(result)


def parameter_types(signature: types.Function) -> list[str]:
    """The parameters of a function, with the place of its result before them."""
    place = ["ptr"] if types.aggregate(signature.result) else []
    return place + [value_type(kind) for kind in signature.parameters]
