"""A plan as a picture shows it: all sessions that will be asked for, planned or denied."""

from __future__ import annotations

from collections.abc import Iterable

from bastide.tool.graph.asks import Asked, Survey
from bastide.tool.graph.model import Amount, Component, Session, System
from bastide.tool.graph.plan import CORE, Plan
from bastide.tool.graph.plan import Component as Planned


def planned_system(plan: Plan, survey: Survey | None = None) -> System:
    """What `plan` describes, without what parents serve themselves, such as configs in start nodes."""
    survey = survey or Survey(plan)
    root = Component(CORE, children=(_component(plan, survey, plan.top),))
    return System(plan.scenario.name, root, tuple(_sessions(survey)))


def _component(plan: Plan, survey: Survey, planned: Planned) -> Component:
    start, init = planned.start, plan.inits.get(planned.label)
    problems = [asked.answer.reason for asked in survey.of(planned) if asked.trouble]
    if planned.label in plan.problems:
        problems.insert(0, plan.problems[planned.label])
    return Component(
        planned.label, planned.binary, tuple(sorted(planned.provides)),
        state="config made at run time" if planned.label in plan.open else "",
        ram=Amount(int(start.ram)) if start is not None else None,
        caps=Amount(start.caps) if start is not None else None,
        problems=tuple(problems),
        children=tuple(_component(plan, survey, child) for child in (init.children.values() if init else ())))


def _sessions(asked: Iterable[Asked]) -> Iterable[Session]:
    for each in asked:
        answer = each.answer
        if not answer.kept and (answer.good or not each.ask.perhaps):
            yield Session(answer.client, answer.service, answer.server, answer.label, answer.link,
                          explanation=answer.reason)
