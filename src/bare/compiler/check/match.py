"""`match`: every value has to have its case."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from bare.compiler import tree, types
from bare.compiler.check import expression as expressions
from bare.compiler.check import narrowing
from bare.compiler.check import statement as statements
from bare.compiler.check.context import Context, Flow, adapt
from bare.compiler.source import Mistake
from bare.compiler.symbols import Word
from bare.compiler.types import Type

_EVERYTHING = "everything"
_SOMETHING = "a value"


@dataclass
class _Pattern:
    """What one pattern tests and binds, and which values it takes for certain (by a name for each)."""

    tests: list[tree.Expression] = field(default_factory=list)
    bindings: list[tuple[ast.pattern, str, tree.Expression]] = field(default_factory=list)
    covers: set[str] = field(default_factory=set)


def match(cx: Context, node: ast.Match) -> list[tree.Statement]:
    """A match statement. Its cases are tried in order; none of them may be missing."""
    value = expressions.expression(cx, node.subject)
    kind = value.type
    if kind is types.LITERAL:
        raise Mistake(node.subject, "a literal is known before")
    variable = cx.temporary(kind, node.lineno, value.origin)
    subject = tree.Bind(node.lineno, variable, value)
    missing = _values(kind)
    before, after = cx.flow, Flow(dead=True)
    cases: list[tree.Case] = []
    for case in node.cases:
        if missing is not None and not missing:
            raise Mistake(case.pattern, "all values have their case already")
        cx.flow = before.fork()
        whole: tree.Expression = tree.Local(kind, node.lineno, variable, origin=value.origin)
        if isinstance(kind, types.Optional) and missing == {_SOMETHING}:
            whole = tree.Payload(kind.payload, node.lineno, whole, origin=value.origin)
        pattern = _pattern(cx, case.pattern, whole)
        binds = [statements.bind(cx, place, name, bound) for place, name, bound in pattern.bindings]
        guard = None
        if case.guard is not None:
            guard = expressions.condition(cx, case.guard)
            narrowing.narrow(cx, case.guard, True)
        body = statements.block(cx, case.body)
        cases.append(tree.Case(pattern.tests, binds, guard, body))
        after = after.join(cx.flow)
        if guard is None:
            if _EVERYTHING in pattern.covers:
                missing = set()
            elif missing is not None:
                missing -= pattern.covers
    cx.flow = after
    if kind is types.UNKNOWN:
        return []
    if missing is None:
        raise Mistake(node, f"not every {kind} has its case: add case _")
    if missing:
        raise Mistake(node, f"no case for {', '.join(sorted(missing))}")
    return [tree.Match(node.lineno, subject, cases)]


def _values(kind: Type) -> set[str] | None:
    """The values of a type, if they can be listed."""
    match kind:
        case types.Enumeration(members=members):
            return {f"{kind}.{name}" for name in members}
        case types.Optional():
            return {"None", _SOMETHING}
        case types.Outcome():
            return {"Ok", "Err"} - ({"Err"} if kind.error is types.NEVER else set()) - (
                {"Ok"} if kind.ok is types.NEVER else set())
        case types.Simple("bool"):
            return {"True", "False"}
    return None


def _pattern(cx: Context, node: ast.pattern, subject: tree.Expression) -> _Pattern:
    line = node.lineno
    match node:
        case ast.MatchAs(pattern=None, name=None):
            return _Pattern(covers={_EVERYTHING})
        case ast.MatchAs(pattern=None, name=str() as name):
            return _Pattern(bindings=[(node, name, subject)], covers={_EVERYTHING})
        case ast.MatchOr(patterns=patterns):
            return _alternatives(cx, node, [_pattern(cx, part, subject) for part in patterns])
        case ast.MatchSingleton(value=None) if isinstance(subject.type, types.Optional):
            present = tree.Present(types.BOOL, line, subject)
            return _Pattern([tree.Unary(types.BOOL, line, "not", present)], covers={"None"})
        case ast.MatchSingleton(value=bool() as flag) if subject.type is types.BOOL:
            test = subject if flag else tree.Unary(types.BOOL, line, "not", subject)
            return _Pattern([test], covers={str(flag)})
        case ast.MatchValue(value=value):
            return _value(cx, node, value, subject)
        case ast.MatchClass(cls=cls, patterns=patterns, kwd_attrs=[]) if isinstance(subject.type, types.Outcome):
            return _outcome(cx, node, cls, patterns, subject, subject.type)
    raise Mistake(node, f"this pattern does not fit {subject.type}")


def _alternatives(cx: Context, node: ast.pattern, parts: list[_Pattern]) -> _Pattern:
    result = _Pattern()
    for part in parts:
        if part.bindings:
            raise Mistake(node, "an alternative can't bind a name")
        result.tests += part.tests
        result.covers |= part.covers
    if _EVERYTHING in result.covers:
        result.tests.clear()
    return result


def _value(cx: Context, node: ast.pattern, value: ast.expr, subject: tree.Expression) -> _Pattern:
    kind = subject.type
    constant = expressions.expression(cx, value)
    if not isinstance(constant, tree.Constant) or not isinstance(kind, (types.Int, types.Enumeration)):
        raise Mistake(node, f"this pattern does not fit {kind}")
    constant = adapt(value, constant, kind)
    covers = set()
    if isinstance(kind, types.Enumeration) and isinstance(constant, tree.Constant):
        covers = {f"{kind}.{name}" for name, number in kind.members.items() if number == constant.value}
    return _Pattern([tree.Compare(types.BOOL, node.lineno, ["=="], [subject, constant])], covers=covers)


def _outcome(cx: Context, node: ast.pattern, cls: ast.expr, patterns: list[ast.pattern], subject: tree.Expression,
             kind: types.Outcome) -> _Pattern:
    """`Ok(value)`, `Err(_)`."""
    word = expressions.static_symbol(cx, cls)
    if word not in (Word("Ok"), Word("Err")) or len(patterns) > 1:
        raise Mistake(node, "a result is Ok(...) or Err(...)")
    good = word == Word("Ok")
    payload = kind.ok if good else kind.error
    if payload is types.NEVER:
        raise Mistake(node, f"{kind} can't be this")
    succeeded: tree.Expression = tree.Succeeded(types.BOOL, node.lineno, subject)
    if not good:
        succeeded = tree.Unary(types.BOOL, node.lineno, "not", succeeded)
    part = tree.OutcomePart(payload, node.lineno, subject, good, origin=subject.origin)
    result = _Pattern([succeeded], covers={"Ok" if good else "Err"})
    match patterns:
        case [] | [ast.MatchAs(pattern=None, name=None)]:
            pass
        case [ast.MatchSingleton(value=None)] if payload is types.NONE:
            pass
        case [ast.MatchAs(pattern=None, name=str() as name)]:
            result.bindings.append((patterns[0], name, part))
        case _:
            raise Mistake(patterns[0], "name what is in it, and match that")
    return result
