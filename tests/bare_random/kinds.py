"""The types of generated programs, as the generator sees them."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Int:
    name: str

    @property
    def bits(self) -> int:
        return int(self.name[1:])

    @property
    def low(self) -> int:
        return -(1 << self.bits - 1) if self.name[0] == "i" else 0

    @property
    def high(self) -> int:
        return (1 << self.bits - (self.name[0] == "i")) - 1


@dataclass(frozen=True)
class Bool:
    name: str = "bool"


@dataclass(frozen=True)
class Enum:
    name: str
    members: tuple[str, ...]


@dataclass(frozen=True)
class Bits:
    """Bit fields: their positions and widths by name; `present` is a bool."""

    name: str
    base: Int
    fields: tuple[tuple[str, int], ...]


@dataclass(eq=False)
class Struct:
    """A struct; `name` has its arguments if it is generic."""

    name: str
    fields: list[tuple[str, Kind]] = field(default_factory=list)


@dataclass(frozen=True)
class Array:
    element: Kind
    length: int

    @property
    def name(self) -> str:
        return f"Array[{self.element.name}, Literal[{self.length}]]"


@dataclass(frozen=True)
class View:
    element: Kind
    writable: bool

    @property
    def name(self) -> str:
        return f"{'Slice' if self.writable else 'View'}[{self.element.name}]"


@dataclass(frozen=True)
class Optional:
    payload: Kind

    @property
    def name(self) -> str:
        return f"{self.payload.name} | None"


@dataclass(frozen=True)
class Result:
    ok: Kind
    error: Enum

    @property
    def name(self) -> str:
        return f"Ok[{self.ok.name}] | Err[{self.error.name}]"


@dataclass(frozen=True)
class Tuple:
    items: tuple[Kind, ...]

    @property
    def name(self) -> str:
        return f"tuple[{', '.join(item.name for item in self.items)}]"


Kind = Int | Bool | Enum | Bits | Struct | Array | View | Optional | Result | Tuple

BOOL = Bool()
INTS = tuple(Int(name) for name in ("u8", "u16", "u32", "u64", "i8", "i16", "i32", "i64"))
U64 = INTS[3]


@dataclass(frozen=True)
class Variable:
    name: str
    kind: Kind
    rebound: bool = True                # whether a statement may assign to it


@dataclass(frozen=True)
class Function:
    name: str
    parameters: tuple[Kind, ...]
    result: Kind
    by_reference: bool = False
    method: bool = False


@dataclass(frozen=True)
class Scope:
    """What an expression may use."""

    variables: tuple[Variable, ...] = ()
    functions: tuple[Function, ...] = ()
    loops: int = 0

    def adding(self, *variables: Variable) -> Scope:
        return Scope(self.variables + variables, self.functions, self.loops)

    def inside(self) -> Scope:
        return Scope(self.variables, self.functions, self.loops + 1)
