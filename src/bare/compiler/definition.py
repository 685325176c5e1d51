"""What a program defines, ready to be lowered: functions and global variables."""

from __future__ import annotations

from dataclasses import dataclass

from bare.compiler import tree, types


@dataclass(frozen=True, slots=True)
class Attributes:
    """What the decorators say."""

    export: str = ""
    section: str = ""
    align: int = 0
    inline: bool = False
    noinline: bool = False
    entry: bool = False
    panic: bool = False


@dataclass(eq=False, slots=True)
class Function:
    """A function that is complete: what remains is to lower it."""

    symbol: str
    path: str
    line: int
    parameters: list[tree.Variable]
    signature: types.Function
    body: list[tree.Statement]
    variables: list[tree.Variable]
    falls_through: bool
    calls: dict[str, int]               # symbols of known functions, with a line of a call
    attributes: Attributes


@dataclass(eq=False, slots=True)
class GlobalVariable:
    """A variable of a module, with its value at the start: an expression of constants."""

    symbol: str
    type: types.Type
    value: tree.Expression
    path: str
    line: int
    section: str = ""
    align: int = 0
    writable: bool = True
