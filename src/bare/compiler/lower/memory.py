"""Loads, stores, copies, and the memory of structs and arrays."""

from __future__ import annotations

from bare.compiler import types
from bare.compiler.lower.builder import Builder
from bare.compiler.lower.layout import memory_type, value_type
from bare.compiler.types import Type

_STORED_AT_ONCE = 64        # bytes up to which zeroes are one store; LLVM expands it


def load(b: Builder, kind: Type, pointer: str, alignment: int = 0, flags: str = "") -> str:
    """The value at a place; of structs and arrays, the place itself."""
    if types.aggregate(kind):
        return pointer
    if kind in (types.NONE, types.UNKNOWN):
        return "zeroinitializer"
    value = b.value(f"load {flags}{memory_type(kind)}, ptr {pointer}, align {alignment or kind.alignment}")
    # Whatever somebody has put there, a bool is true or false.
    return b.value(f"icmp ne i8 {value}, 0") if kind is types.BOOL else value


def store(b: Builder, kind: Type, value: str, pointer: str, alignment: int = 0, flags: str = "") -> None:
    """Put a value at a place; structs and arrays are copied."""
    if types.aggregate(kind):
        copy(b, kind, pointer, value)
        return
    if kind is types.NONE:
        return
    if kind is types.BOOL:
        value = b.value(f"zext i1 {value} to i8")
    b.emit(f"store {flags}{memory_type(kind)} {value}, ptr {pointer}, align {alignment or kind.alignment}")


def copy(b: Builder, kind: Type, target: str, source: str) -> None:
    b.module.intrinsic("llvm.memcpy.p0.p0.i64", "void", "ptr", "ptr", "i64", "i1")
    b.emit(f"call void @llvm.memcpy.p0.p0.i64(ptr align {kind.alignment} {target}, ptr align {kind.alignment} "
           f"{source}, i64 {kind.size}, i1 false)")


def clear(b: Builder, kind: Type, pointer: str) -> None:
    if kind.size <= _STORED_AT_ONCE and not isinstance(kind, types.Array):
        b.emit(f"store {memory_type(kind)} zeroinitializer, ptr {pointer}, align {kind.alignment}")
        return
    b.module.intrinsic("llvm.memset.p0.i64", "void", "ptr", "i8", "i64", "i1")
    b.emit(f"call void @llvm.memset.p0.i64(ptr align {kind.alignment} {pointer}, i8 0, i64 {kind.size}, i1 false)")


def room(b: Builder, kind: Type) -> str:
    """Memory for a new value in the frame."""
    return b.slot(memory_type(kind), kind.alignment)


def field(b: Builder, struct: types.Struct, pointer: str, index: int) -> str:
    return b.value(f"getelementptr inbounds {memory_type(struct)}, ptr {pointer}, i32 0, i32 {index}")


def element(b: Builder, kind: Type, pointer: str, index: str, inbounds: str = "inbounds ") -> str:
    return b.value(f"getelementptr {inbounds}{memory_type(kind)}, ptr {pointer}, i64 {index}")


def view(b: Builder, pointer: str, length: str) -> str:
    """A slice of a place and a length."""
    made = b.value(f"insertvalue {{ptr, i64}} poison, ptr {pointer}, 0")
    return b.value(f"insertvalue {{ptr, i64}} {made}, i64 {length}, 1")


def parts(b: Builder, kind: Type, value: str, length: int | None) -> tuple[str, str]:
    """Place and length of an array or slice."""
    if length is not None:
        return value, str(length)
    pair = value_type(kind)
    return b.value(f"extractvalue {pair} {value}, 0"), b.value(f"extractvalue {pair} {value}, 1")
