"""The way of a session request through a scenario: what each parent says to it, and by which rule of which file.

The answers are those of the plan of the scenario as it is now, which need not be what ran: that is told.
"""

from __future__ import annotations

from collections.abc import Iterator

from bastide.base.label import SEPARATOR
from bastide.init.route import Kind
from bastide.init.routing import Denial, InlineConfig, SessionRequests
from bastide.tool.explain.explanation import Wanted
from bastide.tool.graph.plan import Answer, Hop, Plan
from bastide.tool.suggestion import suggestion


class Way:
    """Knows the way of all requests in one scenario."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    def __call__(self, wanted: Wanted) -> Iterator[tuple[str, str]]:
        """Paragraphs, with their titles."""
        plan = self._plan
        component = plan.components.get(wanted.client)
        if component is None:
            yield "in the scenario", (f"there is no component '{wanted.client}'"
                                      + suggestion(wanted.client, plan.components))
            return
        own = wanted.label.removeprefix(component.name + SEPARATOR)
        environment = wanted.label == component.name and wanted.service in ("PD", "CPU", "LOG", "ROM")
        answer = plan.environment(component, wanted.service) if environment else plan.request(
            component, wanted.service, own)
        for number, hop in enumerate(answer.hops, 1):
            yield "way" if number == 1 else "", f"{number}. {_told(hop)}"
        yield "in the scenario", _ending(answer)


def _told(hop: Hop) -> str:
    answer = hop.answer
    if isinstance(answer, InlineConfig):
        return f"{hop.init} answers itself, with the config in the start node"
    if isinstance(answer, SessionRequests):
        return f"{hop.init} answers itself, with the requests of clients"
    if answer.rule is None:
        return f"{hop.init} refuses, as no rule lets it pass"
    by = f"`{answer.rule}`" + (f" at {answer.rule.place}" if answer.rule.place else "")
    if isinstance(answer, Denial):
        return f"{hop.init} refuses, by {by}"
    whom = f"to the child {answer.child}" if answer.kind is Kind.CHILD else f"to its {answer.kind.value}"
    return f"{hop.init} passes it {whom}, by {by}"


def _ending(answer: Answer) -> str:
    if answer.good:
        return f"as it is now, it is served by {answer.server}, as \"{answer.seen}\""
    return f"as it is now: {answer.reason}"
