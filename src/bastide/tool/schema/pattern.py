"""Regular expressions that take time linear to the length of what they are matched with.

A schema may come from anybody, and with it the expressions of its types. Python's own would backtrack, for hours if it
is up to a stranger. These follow all alternatives at once: a pattern is a list of steps, and matching keeps the set of
steps that can come next. There are the usual forms: literals, `.`, classes, groups, `|`, `*`, `+`, `?`, `{n,m}`, and
the escapes `\\d \\w \\s`; whatever else a pattern has is refused with its column.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterable
from dataclasses import dataclass

MOST_STEPS = 300
"""With repetitions written out: `a{3}` is three."""

LONGEST_VALUE = 1000
"""Characters of a value; together with the steps, the bound of the time that a match takes."""

_REMEMBERED = 1000
"""Moves from one set of steps to the next."""

_DEEPEST = 20
_SPECIAL = "|*+?{}()[]^$"
_LAST = chr(0x10ffff)
_ANY = ((chr(0), _LAST),)
_CLASSES = {"d": (("0", "9"),), "w": (("0", "9"), ("A", "Z"), ("_", "_"), ("a", "z")),
            "s": (("\t", "\r"), (" ", " "))}

Ranges = tuple[tuple[str, str], ...]
"""First and last characters, in order and apart, so that one of many is found quickly."""


class InvalidPattern(ValueError):
    """No pattern that is understood here; the text says in which column, and what was expected."""


@dataclass(frozen=True)
class _Step:
    """Takes one character out of `ranges`, or, without any, none at all: then it goes on at each of `ahead`."""

    ranges: Ranges = ()
    negated: bool = False
    ahead: tuple[int, ...] = (1,)       # relative to itself

    def takes(self, character: str) -> bool:
        at = bisect(self.ranges, (character, _LAST)) - 1
        return (at >= 0 and character <= self.ranges[at][1]) != self.negated


_Steps = list[_Step]


class Pattern:
    """A compiled expression. Raises InvalidPattern."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._steps = _Reader(text).read()
        self._begin = self._following((0,))
        self._moves: dict[tuple[frozenset[int], str], frozenset[int]] = {}

    def matches(self, value: str) -> bool:
        """Whether the pattern describes the whole value. Values longer than LONGEST_VALUE never match."""
        if len(value) > LONGEST_VALUE:
            return False
        now = self._begin
        for character in value:
            following = self._moves.get((now, character))
            if following is None:
                following = self._following(at + 1 for at in now
                                            if at < len(self._steps) and self._steps[at].takes(character))
                if len(self._moves) < _REMEMBERED:
                    self._moves[now, character] = following
            now = following
            if not now:
                return False
        return len(self._steps) in now

    def _following(self, starts: Iterable[int]) -> frozenset[int]:
        """The steps that want a character, or the end, reached without any."""
        found, seen, pending = set(), set[int](), list(starts)
        while pending:
            at = pending.pop()
            if at in seen:
                continue
            seen.add(at)
            if at == len(self._steps) or self._steps[at].ranges:
                found.add(at)
            else:
                pending.extend(at + offset for offset in self._steps[at].ahead)
        return frozenset(found)


class _Reader:
    """Makes steps of a text, by recursive descent."""

    def __init__(self, text: str) -> None:
        self._text, self._at, self._depth = text, 0, 0

    def read(self) -> _Steps:
        steps = self._alternatives()
        if self._at < len(self._text):
            raise self._error("the end of the pattern")
        return steps

    def _alternatives(self) -> _Steps:
        branches = [self._sequence()]
        while self._next() == "|":
            self._at += 1
            branches.append(self._sequence())
        steps = branches.pop()
        while branches:
            first = branches.pop()
            steps = self._bounded([_Step(ahead=(1, len(first) + 2)), *first, _Step(ahead=(len(steps) + 1,)), *steps])
        return steps

    def _sequence(self) -> _Steps:
        steps: _Steps = []
        while self._next() not in ("", "|", ")"):
            steps = self._bounded(steps + self._repeated(self._single()))
        return steps

    def _repeated(self, steps: _Steps) -> _Steps:
        while (sign := self._next()) and sign in "*+?{":
            self._at += 1
            least, most = {"*": (0, None), "+": (1, None), "?": (0, 1)}.get(sign) or self._counts()
            steps = self._bounded(self._times(steps, least, most))
        return steps

    def _times(self, steps: _Steps, least: int, most: int | None) -> _Steps:
        copies = max(least, most or 0)
        if copies > MOST_STEPS or copies * (len(steps) + 1) > MOST_STEPS:
            raise self._error(f"at most {MOST_STEPS} steps")
        result = steps * least
        if most is None:
            return [*result, _Step(ahead=(1, len(steps) + 2)), *steps, _Step(ahead=(-len(steps) - 1,))]
        return result + [_Step(ahead=(1, len(steps) + 1)), *steps] * (most - least)

    def _counts(self) -> tuple[int, int | None]:
        least = self._number()
        if self._next() != ",":
            self._expect("}")
            return least, least
        self._at += 1
        most = None if self._next() == "}" else self._number()
        if most is not None and most < least:
            raise self._error(f"a number not below {least}")
        self._expect("}")
        return least, most

    def _number(self) -> int:
        begin = self._at
        while self._next() and self._next() in "0123456789" and self._at - begin < 4:
            self._at += 1
        if begin == self._at:
            raise self._error("a number")
        return int(self._text[begin:self._at])

    def _single(self) -> _Steps:
        character = self._next()
        if character == "(":
            self._at += 1
            if self._next() == "?":
                raise self._error("a group without '?'")
            self._depth += 1
            if self._depth > _DEEPEST:
                raise self._error(f"at most {_DEEPEST} groups in one another")
            steps = self._alternatives()
            self._depth -= 1
            self._expect(")")
            return steps
        if character == "[":
            self._at += 1
            return [self._class()]
        if character in _SPECIAL:
            raise self._error("a character to be matched")
        self._at += 1
        if character == "\\":
            return [_Step(self._escape())]
        return [_Step(_ANY if character == "." else ((character, character),))]

    def _class(self) -> _Step:
        negated = self._next() == "^"
        self._at += negated
        ranges: list[tuple[str, str]] = []
        while self._next() != "]" or not ranges:
            low = self._member()
            if len(low) == 1 and low[0][0] == low[0][1] and self._text[self._at:self._at + 1] == "-" \
                    and self._text[self._at + 1:self._at + 2] not in ("]", ""):
                self._at += 1
                high = self._member()
                if len(high) != 1 or high[0][0] != high[0][1] or high[0][0] < low[0][0]:
                    raise self._error("a range of characters in their order")
                ranges.append((low[0][0], high[0][0]))
            else:
                ranges += low
        self._at += 1
        return _Step(_apart(ranges), negated)

    def _member(self) -> Ranges:
        character = self._next()
        if not character:
            raise self._error("']'")
        if character == "[" and self._text[self._at + 1:self._at + 2] in (":", ".", "="):
            raise self._error("single characters and ranges")
        self._at += 1
        return self._escape() if character == "\\" else ((character, character),)

    def _escape(self) -> Ranges:
        character = self._next()
        if character in _CLASSES:
            self._at += 1
            return _CLASSES[character]
        if not character or character.isalnum():
            raise self._error("one of the escapes \\d \\w \\s, or a sign")
        self._at += 1
        return ((character, character),)

    def _bounded(self, steps: _Steps) -> _Steps:
        if len(steps) > MOST_STEPS:
            raise self._error(f"at most {MOST_STEPS} steps")
        return steps

    def _expect(self, sign: str) -> None:
        if self._next() != sign:
            raise self._error(f"'{sign}'")
        self._at += 1

    def _next(self) -> str:
        return self._text[self._at:self._at + 1]

    def _error(self, expected: str) -> InvalidPattern:
        found = self._text[self._at:self._at + 10]
        return InvalidPattern(f"column {self._at + 1} of the pattern: expected {expected}, got "
                              + (f"'{found}'" if found else "its end"))


def _apart(ranges: Iterable[tuple[str, str]]) -> Ranges:
    """The same characters, in ranges that neither overlap nor stand in disorder."""
    apart: list[tuple[str, str]] = []
    for low, high in sorted(ranges):
        if apart and low <= apart[-1][1]:
            apart[-1] = apart[-1][0], max(high, apart[-1][1])
        else:
            apart.append((low, high))
    return tuple(apart)
