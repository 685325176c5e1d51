"""All checks of one scenario, and the one line that is said of a clean one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from bastide.base.node import Node
from bastide.base.value import Bytes
from bastide.init.start import Quota
from bastide.tool.boot import outside
from bastide.tool.check import content, cycles, grants, names, quotas, routes, rules, told
from bastide.tool.check.subject import MOST_EFFORT, Subject, effort, read, with_config
from bastide.tool.finding import Finding
from bastide.tool.graph.asks import Origin, Survey
from bastide.tool.graph.code import Library
from bastide.tool.graph.plan import Plan
from bastide.tool.scenario import Scenario, ScenarioError

MOST = 1000
"""Findings of one scenario: nobody reads more, and each of them takes a moment to be worded."""


@dataclass(frozen=True)
class Result:
    """What was found, in the order of the file; `summary` says what there is, if nothing was found."""

    path: str
    findings: tuple[Finding, ...]
    summary: str = ""


def examine(path: Path, text: bytes, host: Quota, library: Library | None = None) -> Result:
    """Check a scenario, of which `text` is the content of the file. `host` is what there is to give to a system.

    `library` remembers the source of Bastide's own modules from one scenario to the next.
    """
    return _examined(read(path, text), host, library)


def examine_config(scenario: Scenario, config: Node, text: str, path: str) -> tuple[Finding, ...]:
    """Check another config for a scenario that runs already, so that the host is no question any more."""
    return _examined(with_config(scenario, config, text, path), Quota(scenario.ram, scenario.caps), None).findings


def _examined(subject: Subject, host: Quota, library: Library | None) -> Result:
    library = library or Library()
    plan, obstacle = _plan(subject)
    survey = None if plan is None else Survey(plan, library)
    said = list(islice(names.findings(subject, plan), MOST))
    lines = {(finding.path, finding.line) for finding in said}
    # What a reader stumbles over first, and what init would say, is often what a schema finds as well.
    other = (finding for finding in (*subject.flaws, *told.findings(subject))
             if (finding.path, finding.line) not in lines)
    followed = _followed(plan, survey, library) if plan is not None and survey is not None else ()
    all_of_it = chain(said, other, content.findings(subject), quotas.findings(subject, host), followed)
    found = [*islice(all_of_it, MOST)]
    if len(found) == MOST:
        found.append(Finding(subject.path, 1, 1, f"there may be more than these {MOST} findings"))
    if obstacle is not None and not said and all(finding.what != obstacle.what for finding in found):
        found.append(obstacle)
    lines_of_text = subject.text.split("\n")
    refined = {finding.refined(lines_of_text) if finding.path == subject.path else finding for finding in found}
    return Result(subject.path, tuple(sorted(refined)), "" if refined or survey is None else _summary(subject, survey))


def _plan(subject: Subject) -> tuple[Plan | None, Finding | None]:
    """The plan, or why there is none, if that is no flaw that is known."""
    if subject.scenario is None:
        return None, None
    if effort(subject) > MOST_EFFORT:
        return None, Finding(subject.path, 1, 1, "there are too many rules for too many children to follow each "
                             "session; names, modules and budgets were checked",
                             "have inits within start some of the children")
    try:
        return Plan(subject.scenario, subject.modules), None
    except ScenarioError as error:
        return None, Finding.of(error, subject.path)


def _followed(plan: Plan, survey: Survey, library: Library) -> Iterator[Finding]:
    """What is found by following the sessions."""
    by_themselves = list(islice(rules.findings(plan), MOST))
    yield from by_themselves
    yield from routes.findings(plan, survey, {f"{each.path}:{each.line}:{each.column}" for each in by_themselves})
    yield from cycles.findings(plan, survey)
    yield from grants.findings(plan, library)


def _summary(subject: Subject, survey: Survey) -> str:
    scenario, root = subject.scenario, subject.root
    assert scenario is not None and root is not None    # else there would be no survey
    parts = list(root.all())[1:]
    if not parts:
        return f"{scenario.binary} alone, with {scenario.ram} RAM and {scenario.caps} caps{_needs(scenario)}"
    services = sum(len(part.start.provides) for part in parts if part.start is not None)
    sessions = sum(asked.answer.good and asked.ask.origin is not Origin.PARENT_PROVIDES for asked in survey)
    out = quotas.given_out(root)
    words = [_count(len(parts), "child", "children"), _count(services, "service", "services"),
             _count(sessions, "session", "sessions"),
             f"{Bytes(out.ram)} of {scenario.ram} RAM and {out.caps} of {scenario.caps} caps given out"]
    return ", ".join(words) + _needs(scenario)


def _needs(scenario: Scenario) -> str:
    needed = outside(scenario)
    return f"; needs {', '.join(needed)} from outside" if needed else ""


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
