"""Random expressions of a given type, of what is in scope."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from bare_random.kinds import (
    BOOL,
    INTS,
    U64,
    Array,
    Bits,
    Bool,
    Enum,
    Function,
    Int,
    Kind,
    Optional,
    Result,
    Scope,
    Struct,
    Tuple,
    View,
)


class Expressions:
    """Draws from `random`, which may be that of hypothesis: simple choices come first, so that it shrinks to them."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def chance(self, percent: int) -> bool:
        return self.random.randrange(100) >= 100 - percent

    def expression(self, kind: Kind, scope: Scope, depth: int) -> str:
        """An expression of a type."""
        match kind:
            case Int():
                return self._integer(kind, scope, depth)
            case Bool():
                return self._bool(scope, depth)
            case Enum():
                return self._enum(kind, scope, depth)
            case Bits():
                return self._bits(kind, scope, depth)
            case Struct():
                return self._struct(kind, scope, depth)
            case Array():
                return self._array(kind, scope, depth)
            case View():
                return self._view(kind, scope, depth)
            case Optional(payload):
                calls = self._calls(kind, scope, depth)
                if calls and self.chance(40):
                    return self.random.choice(calls)()
                return self.expression(payload, scope, depth - 1) if self.chance(70) else "None"
            case Result(ok, error):
                if self.chance(60):
                    return f"Ok({self.expression(ok, scope, depth - 1)})"
                return f"Err({self.expression(error, scope, depth - 1)})"
            case Tuple(items):
                return ", ".join(self.expression(item, scope, depth - 1) for item in items)

    def literal(self, kind: Int) -> int:
        """Small numbers, limits, and any."""
        choice = self.random.randrange(10)
        if choice < 5:
            return self.random.randrange(0, 12)
        if choice < 6:
            return self.random.choice((kind.high, kind.low, kind.high // 2, kind.high - 1))
        return self.random.randint(kind.low, kind.high)

    def places(self, kind: Kind, scope: Scope, depth: int, writable: bool = False) -> list[str]:
        """Variables, fields and elements of a type."""
        found = []
        for variable in scope.variables:
            if variable.kind == kind and (variable.rebound or not writable):
                found.append(variable.name)
            found += self._parts(variable.name, variable.kind, kind, scope, depth, 2, writable)
        return found

    def _parts(self, path: str, kind: Kind, wanted: Kind, scope: Scope, depth: int, levels: int, writable: bool
               ) -> list[str]:
        found: list[str] = []
        if levels == 0:
            return found
        if isinstance(kind, Struct):
            for name, inner in kind.fields:
                if inner == wanted:
                    found.append(f"{path}.{name}")
                found += self._parts(f"{path}.{name}", inner, wanted, scope, depth, levels - 1, writable)
        elif isinstance(kind, Array):
            at = f"{path}[{self._index(kind.length, scope, depth)}]"
            if kind.element == wanted:
                found.append(at)
            found += self._parts(at, kind.element, wanted, scope, depth, levels - 1, writable)
        elif isinstance(kind, View) and (kind.writable or not writable) and kind.element == wanted:
            index = self.expression(U64, scope, depth - 1) if depth > 0 and self.chance(50) else (
                str(self.random.randrange(3)))
            found.append(f"{path}[{index}]")
        return found

    def _index(self, length: int, scope: Scope, depth: int) -> str:
        """Mostly one that there is."""
        if depth < 1 or self.chance(50):
            return str(self.random.randrange(length))
        index = self.expression(U64, scope, depth - 1)
        known = index.removeprefix("u64(").removesuffix(")").isdecimal()        # a mistake, if it is too large
        return index if self.chance(10) and not known else f"({index}) % {length}"

    def _calls(self, kind: Kind, scope: Scope, depth: int) -> list[Callable[[], str]]:
        if depth < 1 or scope.loops > 1:
            return []

        def call(function: Function) -> str:
            if function.method:
                receivers = self.places(function.parameters[0], scope, 1)
                receiver = self.random.choice(receivers) if receivers else (
                    self.expression(function.parameters[0], scope, depth - 1))
                rest = function.parameters[1:]
                return f"{receiver}.{function.name}({self._arguments(rest, scope, depth)})"
            return f"{function.name}({self._arguments(function.parameters, scope, depth)})"

        return [lambda function=function: call(function)  # type: ignore[misc]
                for function in scope.functions if function.result == kind]

    def _arguments(self, kinds: tuple[Kind, ...], scope: Scope, depth: int) -> str:
        return ", ".join(self.expression(kind, scope, depth - 1) for kind in kinds)

    def _integer(self, kind: Int, scope: Scope, depth: int) -> str:
        places = self.places(kind, scope, depth)
        if depth < 1 or self.chance(15):
            return self.random.choice(places) if places and self.chance(75) else f"{kind.name}({self.literal(kind)})"
        calls = self._calls(kind, scope, depth)
        if calls and self.chance(50):
            return self.random.choice(calls)()
        return self.random.choice((
            self._arithmetic, self._tame, self._tame, self._shift, self._convert, self._unary,
            self._choose, self._special))(kind, scope, depth)

    def _arithmetic(self, kind: Int, scope: Scope, depth: int) -> str:
        operator = self.random.choice(("+", "-", "*", "//", "%", "&", "|", "^"))
        left, right = self.expression(kind, scope, depth - 1), self.expression(kind, scope, depth - 1)
        if self.chance(30):
            literal = self.literal(kind)
            right = str(literal if literal or operator not in ("//", "%") else 1)
        elif self.chance(10):
            left = str(self.literal(kind))
        return f"({left} {operator} {right})"

    def _tame(self, kind: Int, scope: Scope, depth: int) -> str:
        policy = self.random.choice(("wrapping", "wrapping", "saturating"))
        operation = self.random.choice(("add", "sub", "mul"))
        left, right = self.expression(kind, scope, depth - 1), self.expression(kind, scope, depth - 1)
        return f"{_bracketed(left)}.{policy}_{operation}({right})"

    def _shift(self, kind: Int, scope: Scope, depth: int) -> str:
        left = self.expression(kind, scope, depth - 1)
        count = str(self.random.randrange(kind.bits))
        if self.chance(40):
            count = f"({self.expression(kind, scope, depth - 1)} & {kind.bits - 1})"
        elif self.chance(10):
            count = self.expression(kind, scope, depth - 1)
        return f"({left} {self.random.choice(('<<', '>>'))} {count})"

    def _convert(self, kind: Int, scope: Scope, depth: int) -> str:
        if self.chance(10):
            return f"{kind.name}({self.expression(BOOL, scope, depth - 1)})"
        source = self.random.choice(INTS)
        policy = self.random.choice((".wrap", ".wrap", ".saturate", ""))
        return f"{kind.name}{policy}({self.expression(source, scope, depth - 1)})"

    def _unary(self, kind: Int, scope: Scope, depth: int) -> str:
        operand = self.expression(kind, scope, depth - 1)
        if kind.low < 0 and self.chance(50):
            return f"(-{_bracketed(operand)})"
        return f"(~{_bracketed(operand)})"

    def _choose(self, kind: Int, scope: Scope, depth: int) -> str:
        test = self.expression(BOOL, scope, depth - 1)
        then, other = self.expression(kind, scope, depth - 1), self.expression(kind, scope, depth - 1)
        return f"({then} if {test} else {other})"

    def _special(self, kind: Int, scope: Scope, depth: int) -> str:
        if kind == U64:
            views = [variable.name for variable in scope.variables if isinstance(variable.kind, (View, Array))]
            if views and self.chance(30):
                return f"len({self.random.choice(views)})"
            enums = [place for variable in scope.variables if isinstance(variable.kind, Enum)
                     for place in self.places(variable.kind, scope, 0)]
            if enums and self.chance(30):
                return f"{self.random.choice(enums)}.raw"
        registers = [variable for variable in scope.variables
                     if isinstance(variable.kind, Bits) and variable.kind.base == kind]
        if registers and self.chance(50):
            register = self.random.choice(registers)
            assert isinstance(register.kind, Bits)
            return f"{register.name}.{self.random.choice([name for name, _ in register.kind.fields] + ['raw'])}"
        value = _bracketed(self.expression(kind, scope, depth - 1))
        name = self.random.choice(("count_ones()", "leading_zeros()", "trailing_zeros()", "byte_swap()",
                                   f"rotate_left({self.random.randrange(12)})",
                                   f"rotate_right({self.expression(kind, scope, depth - 1)})"))
        return f"{value}.{name}"

    def _bool(self, scope: Scope, depth: int) -> str:
        places = self.places(BOOL, scope, depth)
        if depth < 1 or self.chance(15):
            return self.random.choice(places) if places and self.chance(70) else self.random.choice(("True", "False"))
        calls = self._calls(BOOL, scope, depth)
        if calls and self.chance(25):
            return self.random.choice(calls)()
        choice = self.random.randrange(10)
        if choice < 5:
            kind = self.random.choice(INTS)
            parts = [self.expression(kind, scope, depth - 1) for _ in range(3 if self.chance(15) else 2)]
            text = parts[0]
            for part in parts[1:]:
                text += f" {self.random.choice(('<', '<=', '>', '>=', '==', '!='))} {part}"
            return f"({text})"
        if choice < 7:
            operator = self.random.choice(("and", "or"))
            return f"({self.expression(BOOL, scope, depth - 1)} {operator} {self.expression(BOOL, scope, depth - 1)})"
        if choice < 8:
            return f"(not {self.expression(BOOL, scope, depth - 1)})"
        enums = [variable for variable in scope.variables if isinstance(variable.kind, (Enum, Bits))]
        if enums:
            variable = self.random.choice(enums)
            if isinstance(variable.kind, Bits) and self.chance(50):
                return f"{variable.name}.present"
            other = self.expression(variable.kind, scope, depth - 1)
            return f"({variable.name} {self.random.choice(('==', '!='))} {other})"
        return f"({self.expression(BOOL, scope, depth - 1)} != {self.expression(BOOL, scope, depth - 1)})"

    def _enum(self, kind: Enum, scope: Scope, depth: int) -> str:
        places = self.places(kind, scope, depth)
        if places and self.chance(50):
            return self.random.choice(places)
        return f"{kind.name}.{self.random.choice(kind.members)}"

    def _bits(self, kind: Bits, scope: Scope, depth: int) -> str:
        places = self.places(kind, scope, depth)
        base = self.random.choice(places) if places and self.chance(60) else (
            f"{kind.name}({self.expression(kind.base, scope, depth - 1)})")
        if depth > 0 and self.chance(50):
            name, width = self.random.choice(kind.fields)
            value = self.expression(kind.base, scope, depth - 1)
            value = value if self.chance(10) else f"{value} & {(1 << width) - 1}"
            return f"{base}.set({name}={value}, present={self.expression(BOOL, scope, depth - 1)})"
        return base

    def _struct(self, kind: Struct, scope: Scope, depth: int) -> str:
        places = self.places(kind, scope, depth)
        if places and self.chance(60):
            return self.random.choice(places)
        calls = self._calls(kind, scope, depth)
        if calls and self.chance(50):
            return self.random.choice(calls)()
        return self.fresh(kind, scope, depth)

    def _array(self, kind: Array, scope: Scope, depth: int) -> str:
        places = self.places(kind, scope, depth)
        return self.random.choice(places) if places and self.chance(80) else self.fresh(kind, scope, depth)

    def fresh(self, kind: Struct | Array, scope: Scope, depth: int) -> str:
        """A new struct or array."""
        if self.chance(25) or depth < 1 or isinstance(kind, Array):
            return f"zeroed({kind.name})"
        places = self.places(kind, scope, depth)
        if places and self.chance(30):
            return f"copy({self.random.choice(places)})"
        values = [self.expression(inner, scope, depth - 1) for _, inner in kind.fields]
        if self.chance(30):
            values = [f"{name}={value}" for (name, _), value in zip(kind.fields, values, strict=True)]
        return f"{kind.name}({', '.join(values)})"

    def _view(self, kind: View, scope: Scope, depth: int) -> str:
        arrays: list[str] = []
        for variable in scope.variables:
            inner = variable.kind
            if isinstance(inner, Array) and inner.element == kind.element:
                arrays.append(f"{variable.name}[{self._span(inner.length, scope)}]")
            elif isinstance(inner, View) and inner.element == kind.element and inner.writable >= kind.writable:
                arrays.append(variable.name if self.chance(60) else f"{variable.name}[{self.random.randrange(2)}:]")
        if arrays:
            return self.random.choice(arrays)
        return f"zeroed(Array[{kind.element.name}, Literal[{self.random.randrange(1, 4)}]])[:]"

    def _span(self, length: int, scope: Scope) -> str:
        if self.chance(40):
            return ":"
        start = self.random.randrange(length)
        stop = self.random.randrange(start, length + (2 if self.chance(5) else 1))
        return f"{start}:{stop}"


def _bracketed(text: str) -> str:
    return text if text[-1] == ")" and text[0] != "-" else f"({text})"
