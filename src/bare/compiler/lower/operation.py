"""Operations that have a name: bit counts, slices, atomics, volatile accesses, pointers."""

from __future__ import annotations

from collections.abc import Callable

from bare.compiler import tree, types
from bare.compiler.lower import memory
from bare.compiler.lower.builder import Builder
from bare.compiler.lower.layout import memory_type, value_type
from bare.trap import Kind

_FAILURE_ORDER = {"release": "monotonic", "acq_rel": "acquire"}


def lower(b: Builder, node: tree.Operation, values: list[str]) -> str:
    """The result of an operation on operands that were evaluated."""
    if node.name.startswith("atomic_"):
        return _atomic(b, node, values)
    return _OPERATIONS[node.name](b, node, values)


def _count(b: Builder, node: tree.Operation, values: list[str]) -> str:
    width = value_type(node.type)
    if node.name == "byte_swap" and width == "i8":
        return values[0]
    name, flag = {"count_ones": ("ctpop", ""), "leading_zeros": ("ctlz", ", i1 false"),
                  "trailing_zeros": ("cttz", ", i1 false"), "byte_swap": ("bswap", "")}[node.name]
    intrinsic = b.module.intrinsic(f"llvm.{name}.{width}", width, width, *(["i1"] if flag else []))
    return b.value(f"call {width} @{intrinsic}({width} {values[0]}{flag})")


def _rotate(b: Builder, node: tree.Operation, values: list[str]) -> str:
    width = value_type(node.type)
    name = "fshl" if node.name == "rotate_left" else "fshr"
    intrinsic = b.module.intrinsic(f"llvm.{name}.{width}", width, width, width, width)
    return b.value(f"call {width} @{intrinsic}({width} {values[0]}, {width} {values[0]}, {width} {values[1]})")


def _member(b: Builder, node: tree.Operation, values: list[str]) -> str:
    """`State.of(raw)`: the member if there is one."""
    assert isinstance(node.type, types.Optional) and isinstance(node.type.payload, types.Enumeration)
    kind = node.type.payload
    found = "false"
    for number in kind.members.values():
        same = b.value(f"icmp eq i64 {values[0]}, {number}")
        found = b.value(f"or i1 {found}, {same}")
    member = values[0] if kind.bits == 64 else b.value(f"trunc i64 {values[0]} to i{kind.bits}")
    made = b.value(f"insertvalue {value_type(node.type)} poison, i1 {found}, 0")
    return b.value(f"insertvalue {value_type(node.type)} {made}, i{kind.bits} {member}, 1")


def _copy_from(b: Builder, node: tree.Operation, values: list[str]) -> str:
    kind = node.operands[0].type
    assert isinstance(kind, types.View)
    target, length = memory.parts(b, kind, values[0], None)
    source, given = memory.parts(b, kind, values[1], None)
    b.require(b.value(f"icmp eq i64 {length}, {given}"), Kind.INDEX, node.line)
    size = b.value(f"mul i64 {length}, {kind.element.size}")
    b.module.intrinsic("llvm.memmove.p0.p0.i64", "void", "ptr", "ptr", "i64", "i1")
    b.emit(f"call void @llvm.memmove.p0.p0.i64(ptr {target}, ptr {source}, i64 {size}, i1 false)")
    return "zeroinitializer"


def _fill(b: Builder, node: tree.Operation, values: list[str]) -> str:
    kind = node.operands[0].type
    assert isinstance(kind, types.View)
    pointer, length = memory.parts(b, kind, values[0], None)
    before, again, body, done = b.block, b.label("fill"), b.label("put"), b.label("filled")
    b.place(again)
    count, following = b.label("%count"), b.label("%count")
    b.emit(f"{count} = phi i64 [ 0, %{before} ], [ {following}, %{body} ]")
    b.branch(b.value(f"icmp ult i64 {count}, {length}"), body, done)
    b.place(body)
    memory.store(b, kind.element, values[1], memory.element(b, kind.element, pointer, count))
    b.emit(f"{following} = add i64 {count}, 1")
    b.jump(again)
    b.place(done)
    return "zeroinitializer"


def _volatile_load(b: Builder, node: tree.Operation, values: list[str]) -> str:
    return memory.load(b, node.type, values[0], flags="volatile ")


def _volatile_store(b: Builder, node: tree.Operation, values: list[str]) -> str:
    memory.store(b, node.operands[1].type, values[1], values[0], flags="volatile ")
    return "zeroinitializer"


def _atomic(b: Builder, node: tree.Operation, values: list[str]) -> str:
    cell = node.operands[0].type
    assert isinstance(cell, types.Cell)
    width, alignment, name = f"i{cell.content.bits}", cell.alignment, node.name.removeprefix("atomic_")
    if name == "load":
        return b.value(f"load atomic {width}, ptr {values[0]} {node.detail}, align {alignment}")
    if name == "store":
        b.emit(f"store atomic {width} {values[1]}, ptr {values[0]} {node.detail}, align {alignment}")
        return "zeroinitializer"
    if name == "cas":
        failure = _FAILURE_ORDER.get(node.detail, node.detail)
        pair = b.value(f"cmpxchg ptr {values[0]}, {width} {values[1]}, {width} {values[2]} {node.detail} {failure}, "
                       f"align {alignment}")
        return b.value(f"extractvalue {{{width}, i1}} {pair}, 1")
    return b.value(f"atomicrmw {name} ptr {values[0]}, {width} {values[1]} {node.detail}, align {alignment}")


def _fence(b: Builder, node: tree.Operation, values: list[str]) -> str:
    b.emit(f"fence {node.detail}")
    return "zeroinitializer"


def _pointer(b: Builder, node: tree.Operation, values: list[str]) -> str:
    return values[0]


def _elements(b: Builder, node: tree.Operation, values: list[str]) -> str:
    return b.value(f"extractvalue {{ptr, i64}} {values[0]}, 0")


def _slice_of(b: Builder, node: tree.Operation, values: list[str]) -> str:
    return memory.view(b, *values)


def _pointer_to(b: Builder, node: tree.Operation, values: list[str]) -> str:
    return b.value(f"inttoptr i64 {values[0]} to ptr")


def _address(b: Builder, node: tree.Operation, values: list[str]) -> str:
    return b.value(f"ptrtoint ptr {values[0]} to i64")


def _offset(b: Builder, node: tree.Operation, values: list[str]) -> str:
    assert isinstance(node.type, types.Pointer)
    return b.value(f"getelementptr {memory_type(node.type.to)}, ptr {values[0]}, i64 {values[1]}")


def _trap_handled(b: Builder, node: tree.Operation, values: list[str]) -> str:
    b.emit("store i8 0, ptr @bare.trapping, align 1")
    return "zeroinitializer"


def _unreachable(b: Builder, node: tree.Operation, values: list[str]) -> str:
    b.jump(b.trap(Kind.UNREACHABLE, node.line))
    return "zeroinitializer"


_OPERATIONS: dict[str, Callable[[Builder, tree.Operation, list[str]], str]] = {
    "count_ones": _count, "leading_zeros": _count, "trailing_zeros": _count, "byte_swap": _count,
    "rotate_left": _rotate, "rotate_right": _rotate, "member": _member, "copy_from": _copy_from, "fill": _fill,
    "volatile_load": _volatile_load, "volatile_store": _volatile_store, "fence": _fence, "pointer": _pointer,
    "elements": _elements, "slice_of": _slice_of, "pointer_to": _pointer_to, "address": _address, "offset": _offset,
    "trap_handled": _trap_handled, "unreachable": _unreachable,
}
