"""The types of the language, as the compiler sees them: values that can be compared, with their sizes in memory.

Knows no syntax and no LLVM. Structs, enumerations and bit fields are declared by classes of the program; each class
(with its arguments) has one type object, so that those are compared by identity.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bare.compiler.symbols import ClassSymbol


_LARGEST = 60           # parts of the arguments of a generic class or function

Extent = tuple[int, int]
"""Size and alignment in bytes."""


class Type:
    """Any type. `extent` is that of a value in memory."""

    @property
    def extent(self) -> Extent:
        return 8, 8

    @property
    def size(self) -> int:
        return self.extent[0]

    @property
    def alignment(self) -> int:
        return self.extent[1]


@dataclass(frozen=True)
class Int(Type):
    bits: int
    signed: bool

    @property
    def extent(self) -> Extent:
        return self.bits // 8, self.bits // 8

    @property
    def low(self) -> int:
        return -(1 << self.bits - 1) if self.signed else 0

    @property
    def high(self) -> int:
        return (1 << self.bits - (1 if self.signed else 0)) - 1

    def holds(self, value: int) -> bool:
        return self.low <= value <= self.high

    def __str__(self) -> str:
        return f"{'i' if self.signed else 'u'}{self.bits}"


@dataclass(frozen=True)
class Simple(Type):
    """A type without parts, told apart by its name."""

    name: str
    bytes: int = 0

    @property
    def extent(self) -> Extent:
        return self.bytes, self.bytes or 1

    def __str__(self) -> str:
        return self.name


BOOL = Simple("bool", 1)
NONE = Simple("None")
NEVER = Simple("NoReturn")
LITERAL = Simple("a literal")
UNKNOWN = Simple("unknown")         # of what is wrong already, and was reported
PHYSICAL = Simple("PhysAddr", 8)
VIRTUAL = Simple("VirtAddr", 8)
U8, U16, U32, U64 = (Int(bits, False) for bits in (8, 16, 32, 64))
I8, I16, I32, I64 = (Int(bits, True) for bits in (8, 16, 32, 64))
INTEGERS = {str(kind): kind for kind in (U8, U16, U32, U64, I8, I16, I32, I64)}
ADDRESSES = (PHYSICAL, VIRTUAL)


@dataclass(frozen=True)
class Number(Type):
    """A number as the argument of a generic type: the 16 of `Array[u8, Literal[16]]`."""

    value: int

    def __str__(self) -> str:
        return str(self.value)


@dataclass(frozen=True)
class Variable(Type):
    """A type variable in the signature of a generic function, until a call says what it is."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(eq=False)
class Enumeration(Type):
    symbol: ClassSymbol
    members: dict[str, int]
    bits: int = 8

    @property
    def extent(self) -> Extent:
        return self.bits // 8, self.bits // 8

    def __str__(self) -> str:
        return self.symbol.name


@dataclass(eq=False)
class BitField(Type):
    """A class of `Bits`: an integer with named groups of bits, each with its position and width (0: one bool)."""

    symbol: ClassSymbol
    base: Int
    fields: dict[str, tuple[int, int, bool]]

    @property
    def extent(self) -> Extent:
        return self.base.extent

    def __str__(self) -> str:
        return self.symbol.name


@dataclass(eq=False)
class Struct(Type):
    """A struct: its class, the arguments of a generic one, and its fields, which are known once it is settled."""

    symbol: ClassSymbol
    arguments: tuple[Type, ...] = ()
    fields: dict[str, Type] = field(default_factory=dict)
    packed: bool = False
    _extent: Extent | None = None

    @property
    def extent(self) -> Extent:
        if self._extent is None:
            self._extent = sequence([kind.extent for kind in self.fields.values()], self.packed)
        return self._extent

    def index(self, name: str) -> int:
        return list(self.fields).index(name)

    def __str__(self) -> str:
        inner = f"[{', '.join(map(str, self.arguments))}]" if self.arguments else ""
        return f"{self.symbol.name}{inner}"


@dataclass(frozen=True)
class Array(Type):
    element: Type
    length: int

    @property
    def extent(self) -> Extent:
        size, alignment = self.element.extent
        return size * self.length, alignment

    def __str__(self) -> str:
        return f"Array[{self.element}, {self.length}]"


@dataclass(frozen=True)
class ArrayPattern(Type):
    """An array in the signature of a generic function: its length may be a variable."""

    element: Type
    length: Type

    def __str__(self) -> str:
        return f"Array[{self.element}, {self.length}]"


@dataclass(frozen=True)
class StructPattern(Type):
    """A generic struct in the signature of a generic function."""

    symbol: ClassSymbol
    arguments: tuple[Type, ...]

    def __str__(self) -> str:
        return f"{self.symbol.name}[{', '.join(map(str, self.arguments))}]"


@dataclass(frozen=True)
class View(Type):
    element: Type
    writable: bool

    @property
    def extent(self) -> Extent:
        return 16, 8

    def __str__(self) -> str:
        return f"{'Slice' if self.writable else 'View'}[{self.element}]"


@dataclass(frozen=True)
class Pointer(Type):
    to: Type

    def __str__(self) -> str:
        return f"Ptr[{self.to}]"


@dataclass(frozen=True)
class Reference(Type):
    """A struct or array that lives elsewhere, as a result. Names, fields and parameters have the type itself."""

    to: Type

    def __str__(self) -> str:
        return f"Ref[{self.to}]"


@dataclass(frozen=True)
class Optional(Type):
    payload: Type

    @property
    def extent(self) -> Extent:
        return (8, 8) if self.nullable else sequence([(1, 1), self.payload.extent])

    @property
    def nullable(self) -> bool:
        """Whether a null pointer says None."""
        return isinstance(self.payload, (Pointer, Reference, Struct, Array))

    def __str__(self) -> str:
        return f"{self.payload} | None"


@dataclass(frozen=True)
class Outcome(Type):
    """`Ok[T] | Err[E]`; one of them alone where it is known which: the other one is then NEVER."""

    ok: Type
    error: Type

    @property
    def extent(self) -> Extent:
        return sequence([(1, 1), self.ok.extent, self.error.extent])

    def __str__(self) -> str:
        parts = [f"{name}[{part}]" for name, part in (("Ok", self.ok), ("Err", self.error)) if part is not NEVER]
        return " | ".join(parts)


@dataclass(frozen=True)
class Tuple(Type):
    items: tuple[Type, ...]

    @property
    def extent(self) -> Extent:
        return sequence([item.extent for item in self.items])

    def __str__(self) -> str:
        return f"tuple[{', '.join(map(str, self.items))}]"


@dataclass(frozen=True)
class Function(Type):
    parameters: tuple[Type, ...]
    result: Type

    def __str__(self) -> str:
        return f"Callable[[{', '.join(map(str, self.parameters))}], {self.result}]"


@dataclass(frozen=True)
class Cell(Type):
    """An `Atomic` or a `Register`: memory that is accessed by methods only."""

    kind: str
    content: Int

    @property
    def extent(self) -> Extent:
        return self.content.extent

    def __str__(self) -> str:
        return f"{self.kind}[{self.content}]"


def aggregate(kind: Type) -> bool:
    """Whether values have a place in memory, and names refer to it."""
    return isinstance(kind, (Struct, Array, Cell))


def refers(kind: Type) -> bool:
    """Whether a value leads to memory that belongs to somebody: what must not outlive that."""
    match kind:
        case Struct() | Array() | Cell() | View() | Reference():
            return True
        case Optional(payload):
            return refers(payload)
        case Outcome(ok, error):
            return refers(ok) or refers(error)
        case Tuple(items):
            return any(map(refers, items))
    return False


def simple_enough(kinds: Iterable[Type]) -> bool:
    """Whether types are small: those that grow from one instance of a generic function to the next are not for long."""
    waiting, seen = list(kinds), 0
    while waiting and seen <= _LARGEST:
        kind = waiting.pop()
        seen += 1
        match kind:
            case Struct(arguments=parts) | Tuple(items=parts):
                waiting += parts
            case Array(element=inner) | View(element=inner) | Pointer(to=inner) | Reference(to=inner) | Optional(
                    payload=inner):
                waiting.append(inner)
            case Outcome(ok, error):
                waiting += [ok, error]
            case Function(parameters, result):
                waiting += [*parameters, result]
    return seen <= _LARGEST


def sequence(parts: list[Extent], packed: bool = False) -> Extent:
    """Size and alignment of fields one after the other."""
    at, widest = 0, 1
    for size, alignment in parts:
        alignment = 1 if packed else alignment
        at = -(-at // alignment) * alignment + size
        widest = max(widest, alignment)
    return -(-at // widest) * widest, widest
