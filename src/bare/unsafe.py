"""What the compiler can't check: raw memory, devices, and machine code. Importing from here marks a module as unsafe.

Under CPython, memory at an address is what a test has put there with `simulate`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Generic, NoReturn, Self, TypeVar

from bare.address import VirtAddr
from bare.integer import u64
from bare.kinds import layout, zero
from bare.trap import Kind, Trap
from bare.view import Slice, View, store

T = TypeVar("T")
O = TypeVar("O")  # noqa: E741, the letter of the other type
F = TypeVar("F", bound=Callable[..., object])

_simulated: dict[int, Any] = {}


@contextmanager
def simulate(address: int, memory: Any) -> Iterator[None]:
    """Put an object at an address, for code that runs under CPython: a struct, or an array for pointers into it."""
    _simulated[address] = memory
    try:
        yield
    finally:
        del _simulated[address]


class Ptr(Generic[T]):
    """An address with a type. Nothing checks that something is there."""

    __slots__ = ("_at", "_cells")
    __pointer__ = True

    def __init__(self, cells: list[T], at: int) -> None:
        self._cells, self._at = cells, at

    def __getitem__(self, at: u64 | int) -> T:
        return self._cells[self._at + int(at)]

    def __setitem__(self, at: u64 | int, value: T) -> None:
        store(self._cells, self._at + int(at), value)

    def load(self) -> T:
        """A read that the compiler neither drops nor moves: volatile."""
        return self[0]

    def store(self, value: T) -> None:
        """A write that the compiler neither drops nor moves: volatile."""
        self[0] = value

    def offset(self, count: u64 | int) -> Ptr[T]:
        """The pointer `count` elements further."""
        return Ptr(self._cells, self._at + int(count))

    @property
    def address(self) -> VirtAddr:
        raise NotImplementedError("under CPython memory has no addresses")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Ptr):
            raise TypeError(f"expected Ptr, got {type(other).__name__}")
        mine, theirs = self._cells[self._at], other._cells[other._at]
        return mine is theirs if hasattr(mine, "__assign__") else (
            self._cells is other._cells and self._at == other._at)

    def __hash__(self) -> int:
        return id(self._cells) + self._at


def pointer(aggregate: T) -> Ptr[T]:
    """Where a struct or an array is."""
    return Ptr([aggregate], 0)


def elements(view: View[T]) -> Ptr[T]:
    """Where the first element of a slice is."""
    return Ptr(view._cells, view._start)


def slice_of(first: Ptr[T], count: u64) -> Slice[T]:
    """As many elements as the caller promises to be there."""
    return Slice(first._cells, first._at, int(count))


def pointer_to(kind: type[T], address: VirtAddr) -> Ptr[T]:
    """A pointer made of a number."""
    memory = _at(address)
    cells = getattr(memory, "_cells", None)
    return Ptr([memory] if cells is None else cells, 0)


def device(kind: type[T], address: VirtAddr) -> T:
    """A struct of registers at an address."""
    found: T = _at(address)
    return found


class Register(Generic[T]):
    """A field of a device: every access happens, once, in order, and with its width."""

    __slots__ = ("_value",)

    def __init__(self, value: T) -> None:
        self._value = value

    def read(self) -> T:
        return self._value

    def write(self, value: T) -> None:
        self._value = value

    @classmethod
    def __zero__(cls, arguments: Sequence[Any]) -> Self:
        return cls(zero(arguments[0], {}))

    @classmethod
    def __layout__(cls, arguments: Sequence[Any]) -> tuple[int, int]:
        return layout(arguments[0], {})


def code_address(function: Callable[..., object]) -> VirtAddr:
    """Where the first instruction of a function is: for tables that the processor reads."""
    raise NotImplementedError("under CPython functions have no addresses")


class instructions:
    """Gives a function machine code for its body: `build` is called at compile time with the encoder's `Code`.

    The body is the model that runs under CPython.
    """

    def __init__(self, build: Callable[[Any], object], align: int = 16, section: str = ".text") -> None:
        self.build, self.align, self.section = build, align, section

    def __call__(self, function: F) -> F:
        function.__bare_instructions__ = self  # type: ignore[attr-defined]
        return function


def hardware() -> NoReturn:
    """The body of a function that has no model."""
    raise NotImplementedError("this function is machine code: it does not run under CPython")


def trap_handled() -> None:
    """Says that the program goes on after a trap: another one calls the panic function again, and does not end it."""


def unreachable() -> NoReturn:
    """Traps: the programmer was wrong to think that nothing gets here."""
    raise Trap(Kind.UNREACHABLE)


def _at(address: VirtAddr) -> Any:
    memory = _simulated.get(int(address))
    if memory is None:
        raise Trap(Kind.NULL, f"nothing is simulated at {int(address):#x}")
    return memory
