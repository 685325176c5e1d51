"""The module of LLVM: types, globals, constants, what traps do, and the functions that are reachable."""

from __future__ import annotations

from collections.abc import Iterable

from bare.compiler import definition, tree, types
from bare.compiler.lower.debug import DebugInformation
from bare.compiler.lower.function import function
from bare.compiler.lower.layout import memory_type, parameter_types, result_type, struct_body, struct_name
from bare.compiler.types import Type
from bare.trap import Kind

_SITE = "{{ptr, i64}, {ptr, i64}, {ptr, i64}, i32}"
_BARE_METAL = 'nounwind noredzone noimplicitfloat "frame-pointer"="all"'
_HOSTED = "nounwind"
_MEMORY_FUNCTIONS = ("memcpy", "memmove", "memset", "memcmp")      # LLVM must not turn them into calls of themselves


class ModuleText:
    """The parts of a module, as the functions ask for them."""

    def __init__(self, hosted: bool, with_debug: bool) -> None:
        self.hosted, self.with_debug = hosted, with_debug
        self.debug = DebugInformation()
        self.slots: dict[tree.Variable, str] = {}       # of the function that is being lowered
        self._intrinsics: dict[str, str] = {}
        self._texts: dict[bytes, str] = {}
        self._sites: dict[tuple[Kind, str, int, str], str] = {}

    def intrinsic(self, name: str, result: str, *parameters: str) -> str:
        """Declare a function of LLVM."""
        self._intrinsics[name] = f"declare {result} @{name}({', '.join(parameters)})"
        return name

    def view(self, data: bytes) -> str:
        """A slice of constant bytes."""
        name = self._texts.setdefault(data, f"@bare.text.{len(self._texts)}")
        return f"{{ ptr {name}, i64 {len(data)} }}"

    def site(self, kind: Kind, path: str, line: int, message: str) -> str:
        """What a trap says of itself."""
        return self._sites.setdefault((kind, path, line, message), f"@bare.site.{len(self._sites)}")

    def text(self, functions: Iterable[definition.Function], globals: Iterable[definition.GlobalVariable],
             structs: Iterable[types.Struct], declared: dict[str, types.Function], external: set[str],
             panic: str | None) -> str:
        """The whole module. `declared`: functions that are machine code; `external`: what machine code refers to."""
        bodies = [function(self, node, *self._linkage(node, external)) for node in functions]
        variables = [_global(variable, external) for variable in globals]
        for (kind, path, line, message), name in self._sites.items():
            parts = ", ".join(f"{{ptr, i64}} {self.view(part.encode())}" for part in (kind.value, path, message))
            variables.append(f"{name} = private unnamed_addr constant {_SITE} {{{parts}, i32 {line}}}")
        variables += [f"{name} = private unnamed_addr constant [{len(data)} x i8] c\"{_escaped(data)}\""
                      for data, name in self._texts.items()]
        trap = _HOSTED_TRAP if self.hosted else _trap(panic)
        self.intrinsic("llvm.trap", "void")
        lines = [f'%"{struct_name(struct)}" = type {struct_body(struct)}'
                 for struct in sorted(structs, key=struct_name)]
        lines += [*variables, "@bare.trapping = internal global i8 0"]
        lines += [_declaration(symbol, signature) for symbol, signature in sorted(declared.items())]
        lines += [self._intrinsics[name] for name in sorted(self._intrinsics)]
        lines += [trap, *bodies]
        lines += [f"attributes #0 = {{ {_HOSTED if self.hosted else _BARE_METAL} }}",
                  "attributes #1 = { cold noreturn nounwind }"]
        return "\n".join([*lines, *self.debug.text()]) + "\n"

    def _linkage(self, node: definition.Function, external: set[str]) -> tuple[str, str]:
        attributes = node.attributes
        visible = attributes.export or attributes.entry or node.symbol in external
        extra = "#0"
        extra += " alwaysinline" if attributes.inline else " noinline" if attributes.noinline else ""
        extra += " noreturn" if node.signature.result is types.NEVER else ""
        extra += ' "no-builtins"' if attributes.export in _MEMORY_FUNCTIONS else ""
        extra += f' section "{attributes.section}"' if attributes.section else ""
        extra += f" align {attributes.align}" if attributes.align else ""
        return "dso_local " if visible else "internal ", extra


def _declaration(symbol: str, signature: types.Function) -> str:
    return f'declare dso_local {result_type(signature.result)} @"{symbol}"({", ".join(parameter_types(signature))})'


def _global(variable: definition.GlobalVariable, external: set[str]) -> str:
    linkage = "dso_local" if variable.symbol in external else "internal"
    section = f', section "{variable.section}"' if variable.section else ""
    return (f'@"{variable.symbol}" = {linkage} {"global" if variable.writable else "constant"} '
            f"{memory_type(variable.type)} {_initial(variable.value, variable.type)}{section}, "
            f"align {max(variable.align, variable.type.alignment)}")


def _initial(value: tree.Expression, kind: Type) -> str:
    """A value in memory, as a constant."""
    match value:
        case tree.Constant(value=number):
            return str(number)
        case tree.FunctionName(symbol=symbol):
            return f'@"{symbol}"'
        case tree.Construct(parts=parts) if isinstance(kind, types.Struct):
            by_index = dict(parts)
            fields = ", ".join(f"{memory_type(inner)} {_initial(by_index[at], inner)}"
                               for at, inner in enumerate(kind.fields.values()))
            return f"<{{{fields}}}>" if kind.packed else f"{{{fields}}}"
        case tree.Construct(parts=parts) if isinstance(kind, types.Array):
            inner = memory_type(kind.element)
            return f"[{', '.join(f'{inner} {_initial(part, kind.element)}' for _, part in parts)}]"
        case tree.Some(payload=payload) if isinstance(kind, types.Optional):
            inside = _initial(payload, kind.payload)
            if kind.payload is types.BOOL:
                inside = "true" if inside == "1" else "false"
            return f"{{i1 true, {memory_type(kind).removeprefix('{i1, ').removesuffix('}')} {inside}}}"
    return "zeroinitializer"


def _escaped(data: bytes) -> str:
    return "".join(chr(byte) if 32 <= byte < 127 and byte not in b'"\\' else f"\\{byte:02X}" for byte in data)


def _trap(panic: str | None) -> str:
    """Calls the panic function. A trap in that one ends at once."""
    head = f"define internal void @bare.trap(ptr %site) noinline cold noreturn {_BARE_METAL} {{"
    if panic is None:
        return f"{head}\n  call void @llvm.trap()\n  unreachable\n}}"
    loads = "\n".join(
        f"  %p{at} = getelementptr {_SITE}, ptr %site, i32 0, i32 {at}\n  %v{at} = load {kind}, ptr %p{at}, align 8"
        for at, kind in enumerate(("{ptr, i64}", "{ptr, i64}", "{ptr, i64}", "i32")))
    return f"""{head}
  %again = load i8, ptr @bare.trapping
  %nested = icmp ne i8 %again, 0
  br i1 %nested, label %stop, label %report
stop:
  call void @llvm.trap()
  unreachable
report:
  store i8 1, ptr @bare.trapping
{loads}
  call void @"{panic}"({{ptr, i64}} %v0, {{ptr, i64}} %v1, i32 %v3, {{ptr, i64}} %v2)
  unreachable
}}"""


# On the host a trap leaves everything at once, to where `bare.host` has called from.
_HOSTED_TRAP = """@bare.jump = internal global [64 x i64] zeroinitializer, align 16
@bare.trapped = internal global ptr null
declare i32 @_setjmp(ptr) returns_twice
declare void @longjmp(ptr, i32) noreturn
define internal void @bare.trap(ptr %site) noinline cold noreturn nounwind {
  store ptr %site, ptr @bare.trapped
  call void @longjmp(ptr @bare.jump, i32 1)
  unreachable
}"""
