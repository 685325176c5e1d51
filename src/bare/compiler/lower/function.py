"""Functions and their statements."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from bare.compiler import definition, tree, types
from bare.compiler.lower import integer, memory
from bare.compiler.lower.builder import Builder, Round
from bare.compiler.lower.expression import address, branch, lower
from bare.compiler.lower.layout import parameter_types, result_type, value_type
from bare.trap import Kind

if TYPE_CHECKING:
    from bare.compiler.lower.module import ModuleText


def function(module: ModuleText, node: definition.Function, linkage: str, attributes: str) -> str:
    """The definition of a function."""
    scope = module.debug.function(node.symbol, node.path, node.line) if module.with_debug else -1
    b = Builder(module, node.path, scope, types.aggregate(node.signature.result))
    module.slots = {}
    names = ["%result"] if types.aggregate(node.signature.result) else []
    names += [f"%a{at}" for at in range(len(node.parameters))]
    b.at(node.line)
    for variable in node.variables:
        kind = "ptr" if types.aggregate(variable.type) else None
        module.slots[variable] = b.slot(kind, 8) if kind else memory.room(b, variable.type)
    for variable in node.parameters:
        _bind(b, variable, f"%a{variable.parameter}")
    block(b, node.body)
    if node.falls_through:
        b.end("ret void")
    elif not b.dead:
        b.end("unreachable")
    parameters = ", ".join(f"{kind} {name}" for kind, name in zip(parameter_types(node.signature), names, strict=True))
    debug = f" !dbg !{scope}" if scope >= 0 else ""
    return (f'define {linkage}{result_type(node.signature.result)} @"{node.symbol}"({parameters}) '
            f"{attributes}{debug} {{\n{b.finished()}\n}}")


def block(b: Builder, body: list[tree.Statement]) -> None:
    for node in body:
        b.at(node.line)
        _LOWER[type(node)](b, node)


def _bind(b: Builder, variable: tree.Variable, value: str) -> None:
    slot = b.module.slots[variable]
    if types.aggregate(variable.type):
        b.emit(f"store ptr {value}, ptr {slot}, align 8")
    else:
        memory.store(b, variable.type, value, slot)


def _evaluate(b: Builder, node: Any) -> None:
    lower(b, node.value)


def _assign(b: Builder, node: Any) -> None:
    value = lower(b, node.value)
    b.at(node.line)
    if not b.dead:
        _bind(b, node.variable, value)


def _store(b: Builder, node: Any) -> None:
    value = lower(b, node.value)
    place, alignment = address(b, node.target)
    b.at(node.line)
    memory.store(b, node.target.type, value, place, alignment)


def _update(b: Builder, node: Any) -> None:
    place, alignment = address(b, node.target)
    before = memory.load(b, node.target.type, place, alignment)
    value = lower(b, node.value)
    b.at(node.line)
    kind = node.target.type if isinstance(node.target.type, types.Int) else types.U64
    result = integer.binary(b, kind, node.operator, before, value, "checked", node.line)
    memory.store(b, node.target.type, result, place, alignment)


def _if(b: Builder, node: Any) -> None:
    then, other, done = b.label("then"), b.label("else"), b.label("endif")
    branch(b, node.test, then, other if node.other else done)
    b.place(then)
    block(b, node.then)
    if node.other:
        if not b.dead:
            b.jump(done)
        b.place(other)
        block(b, node.other)
    b.place(done)


def _while(b: Builder, node: Any) -> None:
    again, body, done = b.label("while"), b.label("do"), b.label("done")
    b.place(again)
    if node.test is not None:
        branch(b, node.test, body, done)
        b.place(body)
    b.rounds.append(Round(again, done))
    block(b, node.body)
    b.rounds.pop()
    if not b.dead:
        b.jump(again)
    b.place(done)


def _count(b: Builder, node: Any) -> None:
    """The counter never leaves the range, so it can't overflow, whatever the step."""
    kind = node.variable.type
    width, sign, step = value_type(kind), "s" if kind.signed else "u", node.step
    start, stop = lower(b, node.start), lower(b, node.stop)
    counter = b.slot(width, kind.alignment)
    memory.store(b, kind, start, counter)
    again, body, following, done = (b.label(hint) for hint in ("for", "do", "next", "done"))
    b.place(again)
    at = memory.load(b, kind, counter)
    b.branch(b.value(f"icmp {sign}{'lt' if step > 0 else 'gt'} {width} {at}, {stop}"), body, done)
    b.place(body)
    _bind(b, node.variable, at)
    b.rounds.append(Round(following, done))
    block(b, node.body)
    b.rounds.pop()
    b.place(following)
    b.at(node.line)
    at = memory.load(b, kind, counter)
    if abs(step) > 1:
        left = b.value(f"sub {width} {stop}, {at}" if step > 0 else f"sub {width} {at}, {stop}")
        onward = b.label("step")
        b.branch(b.value(f"icmp ugt {width} {left}, {abs(step)}"), onward, done)
        b.place(onward)
    memory.store(b, kind, b.value(f"add {width} {at}, {step}"), counter)
    b.jump(again)
    b.place(done)


def _each(b: Builder, node: Any) -> None:
    items, kind = lower(b, node.items), node.items.type
    pointer, length = memory.parts(b, kind, items, kind.length if isinstance(kind, types.Array) else None)
    counter = b.slot("i64", 8)
    b.emit(f"store i64 0, ptr {counter}, align 8")
    again, body, following, done = (b.label(hint) for hint in ("for", "do", "next", "done"))
    b.place(again)
    at = b.value(f"load i64, ptr {counter}, align 8")
    b.branch(b.value(f"icmp ult i64 {at}, {length}"), body, done)
    b.place(body)
    element = kind.element
    _bind(b, node.variable, memory.load(b, element, memory.element(b, element, pointer, at)))
    b.rounds.append(Round(following, done))
    block(b, node.body)
    b.rounds.pop()
    b.place(following)
    b.at(node.line)
    at = b.value(f"load i64, ptr {counter}, align 8")
    b.emit(f"store i64 {b.value(f'add i64 {at}, 1')}, ptr {counter}, align 8")
    b.jump(again)
    b.place(done)


def _match(b: Builder, node: Any) -> None:
    _assign(b, node.subject)
    done = b.label("matched")
    for case in node.cases:
        following, body = b.label("case"), b.label("do")
        for test in case.tests[:-1]:
            other = b.label("or")
            branch(b, test, body, other)
            b.place(other)
        if case.tests:
            branch(b, case.tests[-1], body, following)
        b.place(body)
        for bind in case.bindings:
            _assign(b, bind)
        if case.guard is not None:
            guarded = b.label("guarded")
            branch(b, case.guard, guarded, following)
            b.place(guarded)
        block(b, case.body)
        if not b.dead:
            b.jump(done)
        if not case.tests and case.guard is None:
            break
        b.place(following)
    else:
        # All cases are there; only memory that something else has written to gets here.
        b.jump(b.trap(Kind.UNREACHABLE, node.line))
    b.place(done)


def _return(b: Builder, node: Any) -> None:
    if node.value is None:
        b.end("ret void")
        return
    value = lower(b, node.value)
    b.at(node.line)
    if b.result_in_memory:
        memory.copy(b, node.value.type, "%result", value)
        b.end("ret void")
    elif node.value.type is types.NONE:
        b.end("ret void")
    else:
        b.end(f"ret {value_type(node.value.type)} {value}")


def _break(b: Builder, node: Any) -> None:
    b.jump(b.rounds[-1].leave)


def _continue(b: Builder, node: Any) -> None:
    b.jump(b.rounds[-1].again)


def _assert(b: Builder, node: Any) -> None:
    onward = b.label("ok")
    branch(b, node.test, onward, b.trap(Kind.ASSERTION, node.line, node.message))
    b.place(onward)


_LOWER: dict[type[tree.Statement], Callable[[Builder, Any], None]] = {
    tree.Evaluate: _evaluate, tree.Bind: _assign, tree.Store: _store, tree.Update: _update, tree.If: _if,
    tree.While: _while, tree.Count: _count, tree.Each: _each, tree.Match: _match, tree.Return: _return,
    tree.Break: _break, tree.Continue: _continue, tree.Assert: _assert,
}
