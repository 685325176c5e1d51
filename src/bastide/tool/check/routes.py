"""Checks where the sessions lead that components will ask for, by the plan of the scenario.

What is asked for on a condition only, may never be, and is no finding.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from bastide.init.routing import Denial
from bastide.tool.finding import Finding
from bastide.tool.graph.asks import Asked, Origin, Survey, narrow
from bastide.tool.graph.plan import Component, Init, Plan
from bastide.tool.suggestion import suggestion

_HINTS = ("; add `", "; nobody provides ", "; did you mean ", "; let a child provide it")

_PLACED = re.compile(r"(.*?:\d+:\d+): (.*)", re.DOTALL)
_NAMED = 4
"""Labels enumerated in one finding."""


def findings(plan: Plan, survey: Survey, known: Collection[str]) -> Iterator[Finding]:
    """`known` are the places of rules that something was said about already."""
    for component in plan:
        if component.start is None or not component.start.place:
            continue                    # what is started around a scenario is no concern of who wrote it
        asks = survey.of(component)
        refused = [(place, asked) for asked in asks
                   if asked.trouble and (place := _place(component, asked)) not in known]
        yield from _environment(component, refused)
        yield from (_finding(place, asked.answer.reason) for place, asked in refused
                    if asked.ask.origin is not Origin.ENVIRONMENT)
        if not component.nests:
            yield from _unasked(component, asks, known)
    for init in plan.inits.values():
        if init.node.place:
            yield from _promised(init, survey)
    yield from _problems(plan)


def _problems(plan: Plan) -> Iterator[Finding]:
    """What kept the plan from knowing all. A config that is made at run time is none."""
    for label, text in plan.problems.items():
        component = plan.components[label]
        placed = _PLACED.fullmatch(text)
        if placed is not None:
            yield Finding.at(placed[1], placed[2])
        elif component.start is not None and not (component.nests and plan.config_of(component) is None):
            yield Finding.at(component.start.place, f"'{component.name}': {text}")


def _environment(component: Component, refused: list[tuple[str, Asked]]) -> Iterator[Finding]:
    """What keeps a component from being started, told once for all sessions that it lacks."""
    lacking = [(place, asked) for place, asked in refused if asked.ask.origin is Origin.ENVIRONMENT]
    if lacking:
        place, asked = lacking[-1]
        services = " and ".join(each.ask.service for _, each in lacking)
        yield _finding(place, asked.answer.reason, f"'{component.name}' can't start without {services}: ")


def _unasked(component: Component, asks: Sequence[Asked], known: Collection[str]) -> Iterator[Finding]:
    """Rules for labels that the component never uses, where all that it uses are known."""
    labels: dict[str, set[str]] = {}
    for asked in asks:
        if asked.ask.origin in (Origin.SOURCE, Origin.CONFIG):
            labels.setdefault(asked.ask.service, set()).add(asked.ask.label)
    for ask in (asked.ask for asked in asks if asked.ask.origin is Origin.ROUTE):
        used = labels.get(ask.service, set())
        if used and ask.label != "*" and ask.place not in known and not any(
                "*" in label or narrow(label, ask.label) for label in used):
            shown = ", ".join(f"'{label}'" for label in sorted(used)[:_NAMED])
            yield Finding.at(ask.place, f"no label fits the rule for {ask.service} '{ask.label}': '{component.name}' "
                             f"uses {shown}", suggestion(ask.label, used).removeprefix("; "))


def _place(component: Component, asked: Asked) -> str:
    """What names the session; else the rule that refuses, or that is the child's own; else the start node, for the rule
    serves others well.
    """
    assert component.start is not None
    rule, route = asked.answer.rule, component.start.route
    if asked.ask.origin in (Origin.ROUTE, Origin.CONFIG):
        return asked.ask.place
    refuses = bool(asked.answer.hops) and isinstance(asked.answer.hops[-1].answer, Denial)
    own = rule is not None and route is not None and any(rule is each for each in route.rules)
    return rule.place if rule is not None and rule.place and (refuses or own) else component.start.place


def _promised(init: Init, survey: Survey) -> Iterator[Finding]:
    """Services that an init says its parent provides, and that it will not get there."""
    for asked in survey.of(init.component):
        if asked.ask.origin is Origin.PARENT_PROVIDES and not asked.answer.good:
            node = next((service for listed in init.node.sub_nodes("parent-provides")
                         for service in listed.sub_nodes("service") if service.name == asked.ask.service), init.node)
            yield _finding(node.place, asked.answer.reason,
                           f"'{init.component.name}' can't get {asked.ask.service} from its parent: ")


def _finding(place: str, reason: str, before: str = "") -> Finding:
    """With what would help as the hint."""
    cut = min((at for hint in _HINTS if (at := reason.find(hint)) >= 0), default=len(reason))
    return Finding.at(place, before + reason[:cut], reason[cut + 2:])
