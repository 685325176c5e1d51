"""What names stand for: modules, classes, functions, constants, globals, and the words of the language."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from bare.compiler import definition, types
from bare.compiler.source import Source
from bare.compiler.types import Type


@dataclass(eq=False)
class Module:
    name: str
    source: Source
    scope: dict[str, Symbol] = field(default_factory=dict)
    unsafe: bool = False


@dataclass(frozen=True)
class Word:
    """A name that the language gives: a type, a function, a decorator."""

    name: str


@dataclass(frozen=True)
class BuildTime:
    """A name that only builders of machine code use, which run while the program is compiled."""

    name: str


@dataclass(frozen=True)
class TypeVariable:
    name: str


@dataclass(frozen=True)
class ConstantSymbol:
    """A `Final`: a scalar, or a literal without a type."""

    type: Type
    value: int


@dataclass(eq=False)
class GlobalSymbol:
    variable: definition.GlobalVariable
    module: Module


@dataclass(eq=False)
class AliasSymbol:
    """A name for a type: `Page = Array[u8, Literal[4096]]`."""

    module: Module
    node: ast.expr


@dataclass(eq=False)
class ClassSymbol:
    """A struct, an enumeration or a class of bit fields."""

    name: str
    module: Module
    node: ast.ClassDef
    kind: str                                       # struct, enum, bits
    parameters: tuple[str, ...] = ()
    packed: bool = False
    methods: dict[str, FunctionSymbol] = field(default_factory=dict)
    instances: dict[tuple[Type, ...], types.Struct] = field(default_factory=dict)
    type: Type | None = None                        # of enumerations and bit fields, once it is known

    @property
    def qualified(self) -> str:
        return f"{self.module.name}.{self.name}"


@dataclass(eq=False)
class FunctionSymbol:
    name: str
    module: Module
    node: ast.FunctionDef
    owner: ClassSymbol | None
    attributes: definition.Attributes
    machine_code: bool = False
    generic: bool = False
    """Whether the signature has type variables besides those of the class."""
    instances: dict[tuple[object, ...], Instance] = field(default_factory=dict)

    @property
    def qualified(self) -> str:
        return f"{self.owner.qualified if self.owner else self.module.name}.{self.name}"


@dataclass(eq=False)
class Instance:
    """A function with all its types known: what is checked, called and lowered."""

    symbol: str
    function: FunctionSymbol
    bindings: dict[str, Type]
    parameters: list[tuple[str, Type]]
    result: Type
    signature: types.Function


Symbol = (Module | Word | BuildTime | TypeVariable | ConstantSymbol | GlobalSymbol | AliasSymbol | ClassSymbol
          | FunctionSymbol)

TYPING = {"Annotated", "Callable", "Final", "Generic", "Literal", "NoReturn", "TypeVar"}
LANGUAGE = {
    "TARGET", "Array", "Atomic", "Bits", "Enum", "Err", "Ok", "Order", "PhysAddr", "Ref", "Result", "Slice", "Struct",
    "View", "VirtAddr", "align", "bit", "bits", "copy", "entry", "export", "fence", "i8", "i16", "i32", "i64", "inline",
    "len", "noinline", "panic", "range", "section", "sizeof", "u8", "u16", "u32", "u64", "usize", "utf8", "zeroed",
}
UNSAFE = {
    "Ptr", "Register", "code_address", "device", "elements", "hardware", "instructions", "pointer", "pointer_to",
    "slice_of", "trap_handled", "unreachable",
}
WORDS = {
    "bare": LANGUAGE, "bare.unsafe": UNSAFE, "typing": TYPING, "collections.abc": {"Callable"},
    "__future__": {"annotations"},
}
BUILTINS = {name: Word(name) for name in ("bool", "tuple", "isinstance")}
