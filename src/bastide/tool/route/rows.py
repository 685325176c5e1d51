"""Sessions as rows of a table: who asks for what, who serves it, by which rule, or why nobody does.

Rows are made from a plan, whose rules are known, or from a picture of any system, planned or running. They are written
as text for people, and as values for programs.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

from bastide.base.label import SEPARATOR
from bastide.init.route import Rule
from bastide.tool.graph.asks import ENVIRONMENT, Asked, Origin
from bastide.tool.graph.model import Component as Shown
from bastide.tool.graph.model import Link, Session, System
from bastide.tool.graph.plan import Component
from bastide.tool.log import visible

GOOD, BAD, OPEN = "✓", "✗", "?"
OWN = "its parent itself"
_ASCII = {GOOD: "+", BAD: "x", OPEN: "?"}
_WIDEST = 34                            # columns of a session or a server; longer ones push the rest to the right


@dataclass(frozen=True, slots=True)
class Row:
    """One session. Labels of components are whole; `label` is what the client says."""

    client: str
    service: str
    label: str
    server: str
    link: Link
    perhaps: bool = False               # it may never be asked for
    origin: str = ""
    asked_at: str = ""                  # where one knows it from
    seen: str = ""                      # the label that the server sees
    rule: str = ""
    rule_at: str = ""
    path: tuple[str, ...] = ()          # the inits that passed the request on
    reason: str = ""

    @property
    def mark(self) -> str:
        if self.link in (Link.PLANNED, Link.OPEN):
            return GOOD
        return OPEN if self.perhaps else BAD

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "link": self.link.value, "good": self.mark == GOOD}


def planned_rows(component: Component, found: Iterable[Asked]) -> Iterator[Row]:
    """The sessions that a component will ask for."""
    for asked in found:
        ask, answer = asked.ask, asked.answer
        rule: Rule | None = answer.rule
        text, place = (str(rule), rule.place) if rule is not None else ("", "")
        if answer.own and component.start is not None:
            text, place = OWN, component.start.place
        yield Row(answer.client, answer.service, ask.label, answer.server, answer.link, ask.perhaps, ask.origin.value,
                  ask.place, answer.seen, text, place, tuple(hop.init for hop in answer.hops), answer.reason)


def system_rows(system: System) -> Iterator[Row]:
    """The sessions of a picture, of which no rules are known, in the order of its tree."""
    sessions: dict[str, list[Session]] = {}
    for session in system.sessions:
        sessions.setdefault(session.client, []).append(session)
    for label in labels_of(system.root):
        environment = set(ENVIRONMENT[:3])
        for session in sessions.get(label, ()):
            scope = label.rpartition(SEPARATOR)[2]
            origin = Origin.ENVIRONMENT.value if session.service in environment else ""
            environment.discard(session.service)
            yield Row(label, session.service, session.label.removeprefix(scope + SEPARATOR).removeprefix(scope),
                      session.server, session.link, origin=origin, reason=session.explanation)


def labels_of(component: Shown) -> Iterator[str]:
    """The labels of a component and of all within, in the order of the tree."""
    yield component.label
    for child in component.children:
        yield from labels_of(child)


def table(rows: Iterable[Row], prefix: str, width: int = 120, unicode: bool = True) -> str:
    """Rows as text, by client. `prefix` is what labels are shown without."""
    def named(label: str) -> str:
        return label.removeprefix(prefix + SEPARATOR)

    lines: list[str] = []
    for client, own in groupby(rows, lambda row: row.client):
        lines += ["", named(client)] if lines else [named(client)]
        lines += _block(_merged(list(own)), named, width)
    text = "\n".join(visible(line) for line in lines)
    if not unicode:
        for mark, plain in _ASCII.items():
            text = text.replace(f"  {mark} ", f"  {plain} ")
        text = text.replace("…", "...")
    return text


def verdict(rows: Sequence[Row]) -> str:
    """All of them in half a sentence."""
    good, unsure = (sum(row.mark == mark for row in rows) for mark in (GOOD, OPEN))
    said = f"{'all ' if good == len(rows) else f'{good} of '}{len(rows)} sessions have a server"
    return f"{said}, {unsure} may never be asked for" if unsure else said


def _block(rows: Sequence[Row], named: Callable[[str], str], width: int) -> Iterator[str]:
    cells = [(_session(row), row.rule if row.rule == OWN else named(row.server) or "nobody") for row in rows]
    first, second = (min(_WIDEST, max(len(cell[column]) for cell in cells)) for column in (0, 1))
    for row, (session, server) in zip(rows, cells, strict=True):
        line = f"  {row.mark} {session:{first}}  {server:{second}}"
        if row.rule:
            rule = "" if row.rule == OWN else row.rule
            line += f"  {shown(row.rule_at)}  {rule}" if row.rule_at else f"  {rule}"
        yield line.rstrip()
        if row.mark != GOOD:
            said = f"asked for on a condition, at {shown(row.asked_at)}: " if row.perhaps and row.asked_at else ""
            reason = row.reason.replace(f"{Path.cwd()}/", "")
            yield from textwrap.wrap(said + reason, max(width - 6, 40), initial_indent="      ",
                                     subsequent_indent="      ", break_on_hyphens=False)


def _session(row: Row) -> str:
    return f'{row.service} "{row.label}"' if row.label else row.service


def _merged(rows: list[Row]) -> list[Row]:
    """The sessions of the environment that go one way, as one row."""
    environment = [row for row in rows if row.origin == Origin.ENVIRONMENT.value and row.mark == GOOD]
    if len(environment) > 1 and len({(row.server, row.rule_at) for row in environment}) == 1:
        whole = replace(environment[0], service=", ".join(row.service for row in environment))
        return [whole, *(row for row in rows if row not in environment)]
    return rows


def shown(place: str) -> str:
    """A place as short as can be: below the current folder, from there; without the column."""
    path, _, further = place.partition(":")
    line = further.partition(":")[0]
    with suppress(ValueError):
        path = str(Path(path).relative_to(Path.cwd()))
    return f"{path}:{line}" if line else path
