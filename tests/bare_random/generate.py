"""Random programs that are well-typed, end, and say what they did: `main_N` gives a number that all of it went into.

Loops are short and calls go to functions above, so that every program ends. Names live in the block that binds them.
"""

from __future__ import annotations

from random import Random

from bare_random.expressions import Expressions
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
    Variable,
    View,
)

HEADER = '''\
from __future__ import annotations

from typing import Generic, Literal, TypeVar

from bare import (
    Array, Bits, Enum, Err, Ok, Ref, Slice, Struct, View, bit, bits, copy, i8, i16, i32, i64, len, range, u8, u16,
    u32, u64, zeroed,
)

T = TypeVar("T")
trace = u64(0)


def mix(value: u64) -> None:
    global trace
    trace = (trace ^ value).wrapping_mul(0x100000001B3).rotate_left(7)


def reset() -> None:
    global trace
    trace = u64(0)


def traced() -> u64:
    return trace


def exchange(items: Slice[T], i: u64, j: u64) -> None:
    items[i], items[j] = items[j], items[i]


def count(items: View[T]) -> u64:
    total = u64(0)
    for _ in items:
        total += 1
    return total


class Pair(Struct, Generic[T]):
    first: T
    second: T

    def turn(self) -> None:
        self.first, self.second = self.second, self.first

'''


def programs(random: Random, count: int) -> str:
    """The source of a module with the programs `main_0`, `main_1` and so on."""
    return HEADER + "\n".join(Program(random, number).text() for number in range(count))


class Program(Expressions):
    """One program; its names end in its number."""

    def __init__(self, random: Random, number: int) -> None:
        super().__init__(random)
        self.number = number
        self.lines: list[str] = []
        self._names = 0
        self._functions: list[Function] = []
        self._result: Kind = U64
        self.structs: list[Struct] = []
        self.enum = Enum(f"E{number}", ("A", "B", "C"))
        self.bits = Bits(f"B{number}", random.choice(INTS[:4]), (("low", 3), ("high", 2)))

    def text(self) -> str:
        self._declare()
        for _ in range(self.random.randrange(4)):
            self._function()
        self._main()
        return "\n".join(self.lines) + "\n"

    # Declarations.

    def _declare(self) -> None:
        self.lines += ["", f"class {self.enum.name}(Enum):", "    A = 0", "    B = 7", "    C = 300", "",
                       "", f"class {self.bits.name}(Bits[{self.bits.base.name}]):", "    present = bit(0)",
                       "    low = bits(1, 3)", "    high = bits(4, 2)", ""]
        for at in range(self.random.randrange(1, 3)):
            struct = Struct(f"S{self.number}_{at}")
            self.lines += ["", f"class {struct.name}(Struct):"]
            for field in range(self.random.randrange(1, 5)):
                kind = self._field_kind()
                struct.fields.append((f"f{field}", kind))
                self.lines.append(f"    f{field}: {kind.name}")
            self.lines.append("")
            self.structs.append(struct)
            self._method(struct)
        kind = self.random.choice(INTS)
        self.structs.append(Struct(f"Pair[{kind.name}]", [("first", kind), ("second", kind)]))
        self.lines += ["", f"shared_{self.number} = zeroed({self.structs[0].name})", ""]

    def _field_kind(self) -> Kind:
        choice = self.random.randrange(10)
        if choice < 5:
            return self.random.choice(INTS)
        if choice < 6:
            return BOOL
        if choice < 7:
            return self.random.choice((self.enum, self.bits))
        if choice < 8 and self.structs:
            return self.random.choice(self.structs)
        if choice < 9:
            return Optional(self.random.choice(INTS))
        return Array(self._element(), self.random.randrange(1, 4))

    def _scalar(self) -> Kind:
        kinds: list[Kind] = [*INTS, *INTS, BOOL, self.enum, self.bits]
        return self.random.choice(kinds)

    def _element(self) -> Kind:
        kinds: list[Kind] = [*INTS, *self.structs]
        return self.random.choice(kinds)

    def _parameter_kind(self) -> Kind:
        choice = self.random.randrange(10)
        if choice < 5:
            return self._scalar()
        if choice < 7:
            return self.random.choice(self.structs)
        return View(self.random.choice(INTS), self.chance(50))

    def _result_kind(self) -> Kind:
        choice = self.random.randrange(10)
        if choice < 4:
            return self._scalar()
        if choice < 6:
            return self.random.choice(self.structs)
        if choice < 8:
            return Optional(self.random.choice(INTS))
        if choice < 9:
            return Result(self.random.choice(INTS), self.enum)
        return Tuple((self.random.choice(INTS), self.random.choice(INTS)))

    def _method(self, struct: Struct) -> None:
        parameter = Variable("given", self.random.choice(INTS))
        result = self.random.choice(INTS)
        self.lines.append(f"    def method(self, given: {parameter.kind.name}) -> {result.name}:")
        scope = Scope((Variable("self", struct, False), parameter))
        self._body(scope, result, 2, 2)
        self.lines.append("")
        self._functions.append(Function("method", (struct, parameter.kind), result, method=True))

    def _function(self) -> None:
        name, result = self._name("function"), self._result_kind()
        parameters = [Variable(self._name("p"), self._parameter_kind()) for _ in range(self.random.randrange(3))]
        parameters = [Variable(p.name, p.kind, isinstance(p.kind, (Int, Bool, Enum, Bits))) for p in parameters]
        structs = [p for p in parameters if isinstance(p.kind, Struct)]
        by_reference = bool(structs) and self.chance(40)
        if by_reference:
            result = structs[0].kind
        written = f"Ref[{result.name}]" if by_reference else result.name
        signature = ", ".join(f"{p.name}: {p.kind.name}" for p in parameters)
        self.lines += ["", f"def {name}({signature}) -> {written}:"]
        scope = Scope((self._shared(), *parameters), tuple(self._functions))
        self._body(scope, result, 1, 3, structs[0].name if by_reference else None)
        self.lines.append("")
        self._functions.append(Function(name, tuple(p.kind for p in parameters), result, by_reference))

    def _main(self) -> None:
        self.lines += ["", f"def main_{self.number}() -> u64:", "    reset()"]
        self._body(Scope((self._shared(),), tuple(self._functions)), U64, 1, 8, "trace")
        self.lines.append("")

    def _shared(self) -> Variable:
        """The global of this program."""
        return Variable(f"shared_{self.number}", self.structs[0], False)

    def _body(self, scope: Scope, result: Kind, indent: int, statements: int, returned: str | None = None) -> None:
        self._result, self._returned = result, returned
        ended = self._block(scope, indent, self.random.randrange(1, statements + 1), in_loop=False)
        if not ended:
            self._return(scope, indent)

    def _name(self, stem: str) -> str:
        self._names += 1
        return f"{stem}{self._names}_{self.number}"

    # Statements.

    def _emit(self, indent: int, text: str) -> None:
        self.lines.append("    " * indent + text)

    def _block(self, scope: Scope, indent: int, count: int, in_loop: bool) -> bool:
        """Statements; the result is whether the last one leaves the block."""
        for at in range(count):
            if at + 1 == count and self.chance(10) and indent > 1 and in_loop:
                self._emit(indent, self.random.choice(("break", "continue")))
                return True
            if at + 1 == count and self.chance(8) and indent > 2:
                self._return(scope, indent)
                return True
            following = self._statement(scope, indent)
            if following is None:
                return True
            scope = following
        if self.chance(40):
            self._observe(scope, indent)
        return False

    def _observe(self, scope: Scope, indent: int) -> None:
        """Note all that variables hold."""
        for variable in scope.variables[-4:]:
            for path, kind in self._contents(variable.name, variable.kind, 3):
                text = {Int: path, Bits: f"{path}.raw", Enum: f"{path}.raw"}.get(type(kind))
                if isinstance(kind, Bool):
                    text = f"u64({path})"
                if text is not None:
                    self._emit(indent, f"mix(u64.wrap({text}))")

    def _contents(self, path: str, kind: Kind, levels: int) -> list[tuple[str, Kind]]:
        if levels == 0:
            return []
        if isinstance(kind, Struct):
            return [found for name, inner in kind.fields
                    for found in self._contents(f"{path}.{name}", inner, levels - 1)]
        if isinstance(kind, Array):
            return [found for at in range(kind.length)
                    for found in self._contents(f"{path}[{at}]", kind.element, levels - 1)]
        return [(path, kind)]

    def _return(self, scope: Scope, indent: int) -> None:
        if self._returned is not None:
            self._emit(indent, f"return {self._returned}")
        elif isinstance(self._result, Struct):
            self._emit(indent, f"return {self.fresh(self._result, scope, 2)}")
        else:
            self._emit(indent, f"return {self.expression(self._result, scope, 2)}")

    def _statement(self, scope: Scope, indent: int) -> Scope | None:
        """A statement; the result is what is in scope after it, or None if control does not get there."""
        choice = self.random.randrange(20)
        if choice < 6:
            return self._let(scope, indent)
        if choice < 11:
            self._store(scope, indent)
        elif choice < 13:
            self._note(scope, indent)
        elif choice < 15 and indent < 4:
            return None if self._if(scope, indent) else scope
        elif choice < 17 and indent < 4 and scope.loops < 2:
            self._loop(scope, indent)
        elif choice < 19 and indent < 4:
            return None if self._match(scope, indent) else scope
        else:
            return self._unpack(scope, indent)
        return scope

    def _let(self, scope: Scope, indent: int) -> Scope:
        name = self._name("v")
        choice = self.random.randrange(10)
        if choice < 5:
            kind: Kind = self._scalar()
            self._emit(indent, f"{name} = {self.expression(kind, scope, 3)}")
            return scope.adding(Variable(name, kind))
        if choice < 7:
            struct = self.random.choice(self.structs)
            self._emit(indent, f"{name} = {self.expression(struct, scope, 2)}")
            return scope.adding(Variable(name, struct, False))
        if choice < 9:
            array = Array(self._element(), self.random.randrange(1, 5))
            self._emit(indent, f"{name} = {self.fresh(array, scope, 2)}")
            return scope.adding(Variable(name, array, False))
        view = View(self.random.choice(INTS), True)
        self._emit(indent, f"{name} = {self.expression(view, scope, 2)}")
        return scope.adding(Variable(name, view, False))

    def _store(self, scope: Scope, indent: int) -> None:
        """Assign to something there is."""
        kinds: list[Kind] = [*INTS, *INTS, BOOL, self.enum, self.bits, *self.structs]
        kind = self.random.choice(kinds)
        places = [place for place in self.places(kind, scope, 2, writable=True)
                  if not place.startswith("shared_") or "." in place]
        if isinstance(kind, Struct):
            places = [place for place in places if "." in place or "[" in place]
        if not places:
            self._note(scope, indent)
            return
        place = self.random.choice(places)
        if isinstance(kind, Int) and self.chance(40):
            operator = self.random.choice(("+", "-", "*", "&", "|", "^", "%"))
            self._emit(indent, f"{place} {operator}= {self.expression(kind, scope, 2)}")
        else:
            self._emit(indent, f"{place} = {self.expression(kind, scope, 3)}")

    def _note(self, scope: Scope, indent: int) -> None:
        kind = self.random.choice(INTS)
        self._emit(indent, f"mix(u64.wrap({self.expression(kind, scope, 3)}))")

    def _if(self, scope: Scope, indent: int) -> bool:
        self._emit(indent, f"if {self.expression(BOOL, scope, 3)}:")
        ended = self._inner(scope, indent + 1)
        if self.chance(50):
            self._emit(indent, "else:")
            return self._inner(scope, indent + 1) and ended
        return False

    def _inner(self, scope: Scope, indent: int) -> bool:
        return self._block(scope, indent, self.random.randrange(1, 4), in_loop=scope.loops > 0)

    def _loop(self, scope: Scope, indent: int) -> None:
        inside = scope.inside()
        choice = self.random.randrange(3)
        name = self._name("i")
        if choice == 0:
            kind = self.random.choice(INTS)
            step = self.random.choice(("", "", ", 2", ", -1"))
            start = self.random.choice((0, 0, 1, kind.high - 3, kind.low))
            stop = min(start + self.random.randrange(5), kind.high)
            first, last = (stop, start) if step == ", -1" else (start, stop)
            self._emit(indent, f"for {name} in range({kind.name}({first}), {kind.name}({last}){step}):")
            inside = inside.adding(Variable(name, kind))
        elif choice == 1:
            self._emit(indent, f"{name} = u64(0)")
            self._emit(indent, f"while {name} < {self.random.randrange(1, 5)} and "
                               f"{self.expression(BOOL, scope.adding(Variable(name, U64, False)), 2)}:")
            self._emit(indent + 1, f"{name} += 1")
            inside = inside.adding(Variable(name, U64, False))
        else:
            view = View(self.random.choice(INTS), False)
            self._emit(indent, f"for {name} in {self.expression(view, scope, 1)}:")
            inside = inside.adding(Variable(name, view.element))
        self._block(inside, indent + 1, self.random.randrange(1, 4), in_loop=True)

    def _match(self, scope: Scope, indent: int) -> bool:
        choice = self.random.randrange(4)
        name = self._name("m")
        if choice == 0:
            self._emit(indent, f"match {self.expression(self.enum, scope, 2)}:")
            ended = self._case(scope, indent, f"{self.enum.name}.B")
            return self._case(scope, indent, f"{self.enum.name}.A | {self.enum.name}.C") and ended
        if choice == 1:
            kind = self.random.choice(INTS)
            self._emit(indent, f"match {self.expression(kind, scope, 2)}:")
            ended = self._case(scope, indent, f"{self.literal(kind)}")
            if self.chance(50):
                guard = self.expression(BOOL, scope.adding(Variable(name, kind)), 2)
                ended &= self._case(scope.adding(Variable(name, kind)), indent, f"{name} if {guard}")
            return self._case(scope, indent, "_") and ended
        functions = [function for function in scope.functions
                     if isinstance(function.result, (Optional, Result) if choice == 2 else Optional)]
        if not functions or scope.loops > 1:
            self._note(scope, indent)
            return False
        result = self.random.choice(functions).result
        self._emit(indent, f"match {self._calls(result, scope, 2)[0]()}:")
        if isinstance(result, Optional):
            ended = self._case(scope, indent, "None")
            return self._case(scope.adding(Variable(name, result.payload)), indent, name) and ended
        assert isinstance(result, Result)
        ended = self._case(scope.adding(Variable(name, result.ok)), indent, f"Ok({name})")
        other = self._name("m")
        return self._case(scope.adding(Variable(other, result.error)), indent, f"Err({other})") and ended

    def _case(self, scope: Scope, indent: int, pattern: str) -> bool:
        self._emit(indent + 1, f"case {pattern}:")
        return self._inner(scope, indent + 2)

    def _unpack(self, scope: Scope, indent: int) -> Scope:
        tuples = [function for function in scope.functions if isinstance(function.result, Tuple)]
        if tuples and scope.loops < 2:
            function = self.random.choice(tuples)
            assert isinstance(function.result, Tuple)
            made = [Variable(self._name("t"), kind) for kind in function.result.items]
            self._emit(indent, f"{', '.join(v.name for v in made)} = {self._calls(function.result, scope, 2)[0]()}")
            return scope.adding(*made)
        self._note(scope, indent)
        return scope
