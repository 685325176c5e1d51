"""What a line of the log means: who said it, who is concerned, why, and what helps."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from bastide.base.label import SEPARATOR
from bastide.base.value import Bytes
from bastide.tool.explain import budgets, life, sessions, settings
from bastide.tool.explain.line import Line
from bastide.tool.explain.message import Message, find

MESSAGES: tuple[Message, ...] = (*sessions.MESSAGES, *budgets.MESSAGES, *life.MESSAGES, *settings.MESSAGES)

_NAMED = re.compile(r"\{(\w+)\}")
_RULE = re.compile(r"rule (\S{1,400}:\d+:\d+) '([^']*)'?")
_WIDTH = 110
_DEEPEST = 5
"""Reasons within reasons."""


@dataclass(frozen=True)
class Explanation:
    """Paragraphs, each with its title."""

    said: str
    paragraphs: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        return "\n".join([self.said, *(
            textwrap.fill(text, _WIDTH, initial_indent=f"  {title:16}", subsequent_indent=" " * 18,
                          break_long_words=False, break_on_hyphens=False) for title, text in self.paragraphs)])


@dataclass(frozen=True)
class Wanted:
    """The session that a line is about. `label` is what the parent saw: the client's name is in front of it."""

    client: str                         # the whole path, as far as the line tells
    service: str
    label: str


FollowedBy = Callable[[Wanted], Iterable[tuple[str, str]]]
"""Follows a session through a scenario, and tells its way in paragraphs."""


def explained(line: Line, way: FollowedBy | None = None) -> Explanation | None:
    """None: nothing is known about what the line says."""
    found = find(MESSAGES, line.content)
    if found is None:
        return None
    message, values = found
    paragraphs = [("said by", _speaker(line, values))]
    wanted = session_of(line)
    if wanted is not None:
        label = f" with label \"{wanted.label}\"" if wanted.label else ""
        paragraphs.append(("asked", f"{wanted.client} for a session of {wanted.service}{label}"))
    paragraphs += _meanings(message, values)
    if wanted is not None and way is not None:
        paragraphs += way(wanted)
    else:
        paragraphs += [("rule", f"{place}  {text}") for place, text in _RULE.findall(line.content)]
    paragraphs += [("what helps", text) for text in _helps(message, values)]
    return Explanation(line.content, tuple(paragraphs))


def several(lines: Iterable[Line], way: FollowedBy | None = None) -> list[Explanation]:
    """What is known of all that was said. Of what was said of one session, the longest message is explained."""
    found: dict[Wanted | Line, tuple[Line, Explanation]] = {}
    for line in lines:
        key = session_of(line) or line
        if key in found and len(line.content) <= len(found[key][0].content):
            continue
        explanation = explained(line, way)
        if explanation is not None:
            found[key] = line, explanation
    return [explanation for _, explanation in found.values()]


def session_of(line: Line) -> Wanted | None:
    """The session that was asked for, if the line is about one and tells enough of it."""
    found = find(MESSAGES, line.content)
    values = found[1] if found is not None else {}
    if "service" not in values or not ("label" in values or "args" in values):
        return None
    child = values.get("child", "")
    own = line.speaker.rpartition(SEPARATOR)[2] == child
    client = line.speaker if own or not child else f"{line.speaker}{SEPARATOR}{child}" if line.speaker else child
    environment = found is not None and found[0].form.startswith("{child}: environment ")
    return Wanted(client, values["service"], child if environment else values.get("label", ""))


def _speaker(line: Line, values: Mapping[str, str]) -> str:
    child, name = values.get("child", ""), line.speaker.rpartition(SEPARATOR)[2]
    if not line.speaker:
        return "core, or the one whose line it is"
    if child and child != name:
        return f"{line.speaker}, the parent of {child}"
    return f"{line.speaker} itself"


def _meanings(message: Message, values: Mapping[str, str], depth: int = _DEEPEST) -> Iterator[tuple[str, str]]:
    yield ("what it means" if depth == _DEEPEST else "because", _filled(message.meaning, values))
    inner = _inner(values)
    if inner is not None and depth:
        yield from _meanings(*inner, depth - 1)
    elif values.get("reason"):
        yield "because", values["reason"]


def _helps(message: Message, values: Mapping[str, str], depth: int = _DEEPEST) -> Iterator[str]:
    """The innermost reason knows best."""
    inner = _inner(values)
    further = list(_helps(*inner, depth - 1)) if inner is not None and depth else []
    if further:
        yield from further
    elif message.help and set(_NAMED.findall(message.help)) <= {name for name, value in values.items() if value}:
        yield _filled(message.help, values)
    elif message.help:
        yield "the line is cut off: the ones behind it tell more, and with --scenario the rules can be looked up"


def _inner(values: Mapping[str, str]) -> tuple[Message, Mapping[str, str]] | None:
    return find(MESSAGES, values["reason"]) if values.get("reason") else None


def _filled(text: str, values: Mapping[str, str]) -> str:
    """`text` with values in their places, and `…` for what a line that was cut off does not tell."""
    return _NAMED.sub(lambda name: _amount(name[1], values.get(name[1]) or "…"), text)


def _amount(name: str, value: str) -> str:
    """Bytes are told as people write them."""
    return str(Bytes(value)) if name == "ram" and value.isascii() and value.isdecimal() and len(value) < 19 else value
