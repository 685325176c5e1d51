"""Integer arithmetic as the language defines it: checked, and with Python's division."""

from __future__ import annotations

from bare.compiler import types
from bare.compiler.lower.builder import Builder
from bare.trap import Kind

_NAMES = {"+": "add", "-": "sub", "*": "mul", "&": "and", "|": "or", "^": "xor"}


def binary(b: Builder, kind: types.Int, operator: str, left: str, right: str, policy: str, line: int) -> str:
    """The result of an operator; of the policy `optional`, the optional."""
    if operator in ("+", "-", "*"):
        return _arithmetic(b, kind, _NAMES[operator], left, right, policy, line)
    if operator in ("<<", ">>"):
        return _shift(b, kind, operator, left, right, line)
    if operator == "//":
        return _divide(b, kind, left, right, line)
    if operator == "%":
        return _remainder(b, kind, left, right, line)
    return b.value(f"{_NAMES[operator]} i{kind.bits} {left}, {right}")


def negate(b: Builder, kind: types.Int, operand: str, line: int) -> str:
    return _arithmetic(b, kind, "sub", "0", operand, "checked", line)


def convert(b: Builder, source: types.Int, target: types.Int, value: str, policy: str, line: int) -> str:
    """An integer of another type."""
    if policy == "checked":
        for wanted, comparison in _limits(source, target):
            inside = b.value(f"icmp {comparison} i{source.bits} {value}, {wanted}")
            b.require(inside, Kind.CONVERSION, line)
    elif policy == "saturate":
        for wanted, comparison in _limits(source, target):
            inside = b.value(f"icmp {comparison} i{source.bits} {value}, {wanted}")
            value = b.value(f"select i1 {inside}, i{source.bits} {value}, i{source.bits} {wanted}")
    return resize(b, source, target, value)


def resize(b: Builder, source: types.Int, target: types.Int, value: str) -> str:
    """The low bits of a value; new ones repeat its sign."""
    if source.bits == target.bits:
        return value
    instruction = "trunc" if target.bits < source.bits else ("sext" if source.signed else "zext")
    return b.value(f"{instruction} i{source.bits} {value} to i{target.bits}")


def _limits(source: types.Int, target: types.Int) -> list[tuple[int, str]]:
    """The comparisons that tell whether a value of the source fits the target."""
    sign = "s" if source.signed else "u"
    limits = []
    if target.low > source.low:
        limits.append((target.low, f"{sign}ge"))
    if target.high < source.high:
        limits.append((target.high, f"{sign}le"))
    return limits


def _arithmetic(b: Builder, kind: types.Int, name: str, left: str, right: str, policy: str, line: int) -> str:
    width, sign = f"i{kind.bits}", "s" if kind.signed else "u"
    if policy == "wrapping":
        return b.value(f"{name} {width} {left}, {right}")
    if policy == "saturating" and name != "mul":
        intrinsic = b.module.intrinsic(f"llvm.{sign}{name}.sat.{width}", width, width, width)
        return b.value(f"call {width} @{intrinsic}({width} {left}, {width} {right})")
    pair = f"{{{width}, i1}}"
    intrinsic = b.module.intrinsic(f"llvm.{sign}{name}.with.overflow.{width}", pair, width, width)
    both = b.value(f"call {pair} @{intrinsic}({width} {left}, {width} {right})")
    result, overflow = b.value(f"extractvalue {pair} {both}, 0"), b.value(f"extractvalue {pair} {both}, 1")
    if policy == "optional":
        fits = b.value(f"xor i1 {overflow}, true")
        made = b.value(f"insertvalue {{i1, {width}}} poison, i1 {fits}, 0")
        return b.value(f"insertvalue {{i1, {width}}} {made}, {width} {result}, 1")
    if policy == "saturating":
        limit = str(kind.high)
        if kind.signed:
            signs = b.value(f"xor {width} {left}, {right}")
            negative = b.value(f"icmp slt {width} {signs}, 0")
            limit = b.value(f"select i1 {negative}, {width} {kind.low}, {width} {kind.high}")
        return b.value(f"select i1 {overflow}, {width} {limit}, {width} {result}")
    b.refuse(overflow, Kind.OVERFLOW, line)
    return result


def _shift(b: Builder, kind: types.Int, operator: str, left: str, right: str, line: int) -> str:
    width = f"i{kind.bits}"
    if not (_literal(right) and 0 <= int(right) < kind.bits):
        b.require(b.value(f"icmp ult {width} {right}, {kind.bits}"), Kind.SHIFT, line)
    name = "shl" if operator == "<<" else ("ashr" if kind.signed else "lshr")
    return b.value(f"{name} {width} {left}, {right}")


def _nonzero(b: Builder, kind: types.Int, right: str, line: int) -> None:
    if not (_literal(right) and int(right) != 0):
        b.refuse(b.value(f"icmp eq i{kind.bits} {right}, 0"), Kind.DIVISION, line)


def _divide(b: Builder, kind: types.Int, left: str, right: str, line: int) -> str:
    width = f"i{kind.bits}"
    _nonzero(b, kind, right, line)
    if not kind.signed:
        return b.value(f"udiv {width} {left}, {right}")
    if not (_literal(right) and int(right) != -1):
        lowest = b.value(f"icmp eq {width} {left}, {kind.low}")
        minus = b.value(f"icmp eq {width} {right}, -1")
        b.refuse(b.value(f"and i1 {lowest}, {minus}"), Kind.OVERFLOW, line)
    quotient = b.value(f"sdiv {width} {left}, {right}")
    rest = b.value(f"srem {width} {left}, {right}")
    lower = b.value(f"sub {width} {quotient}, 1")
    return b.value(f"select i1 {_inexact(b, width, rest, right)}, {width} {lower}, {width} {quotient}")


def _remainder(b: Builder, kind: types.Int, left: str, right: str, line: int) -> str:
    """The sign is that of the divisor. The lowest number modulo -1 is 0, which processors would not say."""
    width = f"i{kind.bits}"
    _nonzero(b, kind, right, line)
    if not kind.signed:
        return b.value(f"urem {width} {left}, {right}")
    minus = b.value(f"icmp eq {width} {right}, -1")
    divisor = b.value(f"select i1 {minus}, {width} 1, {width} {right}")
    rest = b.value(f"srem {width} {left}, {divisor}")
    moved = b.value(f"add {width} {rest}, {right}")
    return b.value(f"select i1 {_inexact(b, width, rest, right)}, {width} {moved}, {width} {rest}")


def _inexact(b: Builder, width: str, rest: str, divisor: str) -> str:
    """Whether rounding down differs from rounding to zero."""
    some = b.value(f"icmp ne {width} {rest}, 0")
    signs = b.value(f"xor {width} {rest}, {divisor}")
    differ = b.value(f"icmp slt {width} {signs}, 0")
    return b.value(f"and i1 {some}, {differ}")


def _literal(value: str) -> bool:
    return not value.startswith("%")
