"""The typed syntax tree: what the checker makes of a function, and all that the lowering knows of it.

Everything is resolved here: names, types, conversions, which instance of a generic function is called, where a check is
needed. Expressions of struct and array type stand for their place in memory.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from bare.compiler.types import Function, Type

# Where the memory that a value leads to may belong: a set of these bits.
NOWHERE, OUTER, FRAME, LOOP = 0, 1, 2, 4


@dataclass(eq=False, slots=True)
class Variable:
    """A local name. `parameter` is its position, or -1; `origin` is fixed by the first binding."""

    name: str
    type: Type
    parameter: int = -1
    origin: int = NOWHERE
    line: int = 0


@dataclass(eq=False, slots=True)
class Expression:
    type: Type
    line: int
    origin: int = field(default=NOWHERE, kw_only=True)


@dataclass(eq=False, slots=True)
class Constant(Expression):
    """A number of any scalar type: also bools, members of enumerations, addresses, and literals without a type."""

    value: int


@dataclass(eq=False, slots=True)
class Nothing(Expression):
    """None, as an optional or as the value of a function without one."""


@dataclass(eq=False, slots=True)
class Text(Expression):
    data: bytes


@dataclass(eq=False, slots=True)
class Local(Expression):
    variable: Variable


@dataclass(eq=False, slots=True)
class Global(Expression):
    symbol: str


@dataclass(eq=False, slots=True)
class FunctionName(Expression):
    symbol: str


@dataclass(eq=False, slots=True)
class Field(Expression):
    base: Expression
    index: int


@dataclass(eq=False, slots=True)
class Element(Expression):
    """An element of an array, a view or behind a pointer, which alone is not checked."""

    base: Expression
    index: Expression


@dataclass(eq=False, slots=True)
class Cut(Expression):
    """A slice of an array or view, checked."""

    base: Expression
    start: Expression | None
    stop: Expression | None


@dataclass(eq=False, slots=True)
class Unary(Expression):
    """`-`, `~` and `not`."""

    operator: str
    operand: Expression


@dataclass(eq=False, slots=True)
class Binary(Expression):
    """Arithmetic on two operands of the expression's type. `policy`: checked, wrapping, saturating, optional."""

    operator: str
    left: Expression
    right: Expression
    policy: str = "checked"


@dataclass(eq=False, slots=True)
class Compare(Expression):
    """A chain of comparisons: each operand is evaluated once, until one comparison fails."""

    operators: list[str]
    operands: list[Expression]


@dataclass(eq=False, slots=True)
class Logic(Expression):
    """`and` or `or`."""

    operator: str
    operands: list[Expression]


@dataclass(eq=False, slots=True)
class Conditional(Expression):
    test: Expression
    then: Expression
    other: Expression


@dataclass(eq=False, slots=True)
class Call(Expression):
    """A call of a known function. A result in memory is made in the caller's frame."""

    symbol: str
    signature: Function
    arguments: list[Expression]


@dataclass(eq=False, slots=True)
class CallIndirect(Expression):
    callee: Expression
    signature: Function
    arguments: list[Expression]


@dataclass(eq=False, slots=True)
class Convert(Expression):
    """An integer of another width. `policy`: checked, wrap, saturate, or same for what keeps its bits."""

    operand: Expression
    policy: str


@dataclass(eq=False, slots=True)
class Operation(Expression):
    """What has a name rather than an operator: bit counts, atomics, volatile accesses, pointers."""

    name: str
    operands: list[Expression]
    detail: str = ""


@dataclass(eq=False, slots=True)
class Zero(Expression):
    """A value, or new memory, of zeroes."""


@dataclass(eq=False, slots=True)
class Construct(Expression):
    """A new struct or array: the positions of fields or elements with their values, in the order of evaluation."""

    parts: list[tuple[int, Expression]]


@dataclass(eq=False, slots=True)
class Copy(Expression):
    source: Expression


@dataclass(eq=False, slots=True)
class Length(Expression):
    view: Expression


@dataclass(eq=False, slots=True)
class MakeTuple(Expression):
    items: list[Expression]


@dataclass(eq=False, slots=True)
class TupleItem(Expression):
    base: Expression
    index: int


@dataclass(eq=False, slots=True)
class Some(Expression):
    """A value as an optional."""

    payload: Expression


@dataclass(eq=False, slots=True)
class Present(Expression):
    """Whether an optional holds a value."""

    optional: Expression


@dataclass(eq=False, slots=True)
class Payload(Expression):
    """The value of an optional that was looked at before."""

    optional: Expression


@dataclass(eq=False, slots=True)
class MakeOutcome(Expression):
    """Ok or Err; the payload is None for `Ok(None)`."""

    good: bool
    payload: Expression


@dataclass(eq=False, slots=True)
class Widen(Expression):
    """A result that is known to be Ok, or Err, as one that may be both; or a slice as a view: see the types."""

    operand: Expression


@dataclass(eq=False, slots=True)
class Succeeded(Expression):
    outcome: Expression


@dataclass(eq=False, slots=True)
class OutcomePart(Expression):
    """The value or the error of a result that was looked at before."""

    outcome: Expression
    good: bool


@dataclass(eq=False, slots=True)
class GetBits(Expression):
    register: Expression
    at: int
    width: int


@dataclass(eq=False, slots=True)
class SetBits(Expression):
    register: Expression
    fields: list[tuple[int, int, Expression]]


@dataclass(eq=False, slots=True)
class Statement:
    line: int


@dataclass(eq=False, slots=True)
class Evaluate(Statement):
    value: Expression


@dataclass(eq=False, slots=True)
class Bind(Statement):
    """A local name gets a value; of structs and arrays, the reference."""

    variable: Variable
    value: Expression


@dataclass(eq=False, slots=True)
class Store(Statement):
    """A global, field or element gets a value; structs and arrays are copied into place.

    As in Python, the value is evaluated before what is left of it.
    """

    target: Expression
    value: Expression


@dataclass(eq=False, slots=True)
class Update(Statement):
    """`target += value`: the place is found once, and read before the value is evaluated."""

    target: Expression
    operator: str
    value: Expression


@dataclass(eq=False, slots=True)
class If(Statement):
    test: Expression
    then: list[Statement]
    other: list[Statement]


@dataclass(eq=False, slots=True)
class While(Statement):
    test: Expression | None             # None: for ever
    body: list[Statement]


@dataclass(eq=False, slots=True)
class Count(Statement):
    """`for variable in range(start, stop, step)`."""

    variable: Variable
    start: Expression
    stop: Expression
    step: int
    body: list[Statement]


@dataclass(eq=False, slots=True)
class Each(Statement):
    """`for variable in array`."""

    variable: Variable
    items: Expression
    body: list[Statement]


@dataclass(eq=False, slots=True)
class Case:
    """One case of a match: what is compared with the subject, or nothing; the names it binds; the guard."""

    tests: list[Expression]             # one of them; empty: always
    bindings: list[Bind]
    guard: Expression | None
    body: list[Statement]


@dataclass(eq=False, slots=True)
class Match(Statement):
    """The subject is in a variable of its own, which the tests of the cases read."""

    subject: Bind
    cases: list[Case]


@dataclass(eq=False, slots=True)
class Return(Statement):
    value: Expression | None


@dataclass(eq=False, slots=True)
class Break(Statement):
    pass


@dataclass(eq=False, slots=True)
class Continue(Statement):
    pass


@dataclass(eq=False, slots=True)
class Assert(Statement):
    test: Expression
    message: str
