"""Checks whether components wait for one another: each needs a service of the next to come up, and so none does.

Counted is what a component asks for in any case while it comes up, for a server answers its clients when that is done.
Whoever asks for a session later, in a handler, waits for nobody at the start.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from bastide.tool.finding import Finding
from bastide.tool.graph.asks import Origin, Survey
from bastide.tool.graph.plan import CORE, Component, Plan

_NEEDED = (Origin.ENVIRONMENT, Origin.SOURCE)
_TRIED = 200
"""Components that are looked at for being in a cycle: a scenario with more of them has other worries."""

Needs: TypeAlias = dict[str, dict[str, str]]
"""The servers that each component needs, with the service that it needs of them; by labels."""


def findings(plan: Plan, survey: Survey) -> Iterator[Finding]:
    needs = _within_cycles({component.label: _needs(component, survey) for component in plan})
    told: set[str] = set()
    for label in list(needs)[:_TRIED]:
        component = plan.components[label]
        cycle = _cycle(label, needs) if label not in told else []
        if cycle and component.start is not None and not told & set(cycle):
            told |= set(cycle)
            steps = ", ".join(f"'{_name(plan, client)}' needs {needs[client][server]} of '{_name(plan, server)}'"
                              for client, server in zip(cycle, (*cycle[1:], cycle[0]), strict=True))
            yield Finding.at(component.start.place, f"{steps}: none of them comes up before the other",
                             "route one of these sessions elsewhere")


def _within_cycles(needs: Needs) -> Needs:
    """Without those who need nobody that is left, and those whom nobody needs that is left."""
    while True:
        wanted = {server for servers in needs.values() for server in servers}
        left = {client: {server: service for server, service in servers.items() if server in needs}
                for client, servers in needs.items() if client in wanted and servers}
        if left == needs:
            return needs
        needs = left


def _needs(component: Component, survey: Survey) -> dict[str, str]:
    """Servers, and the service that is needed of each."""
    found: dict[str, str] = {}
    for asked in survey.of(component):
        ask, answer = asked.ask, asked.answer
        if ask.origin in _NEEDED and not ask.perhaps and not ask.later and answer.good and not answer.own \
                and answer.server not in (CORE, ""):
            found.setdefault(answer.server, ask.service)
    return found


def _cycle(start: str, needs: Needs) -> list[str]:
    """The shortest way from a component back to itself; empty if there is none."""
    came_from: dict[str, str] = {}
    frontier = [start]
    while frontier:
        following = []
        for client in frontier:
            for server in needs.get(client, ()):
                if server == start:
                    way = [client]
                    while way[-1] != start:
                        way.append(came_from[way[-1]])
                    return way[::-1]
                if server not in came_from:
                    came_from[server] = client
                    following.append(server)
        frontier = following
    return []


def _name(plan: Plan, label: str) -> str:
    return plan.components[label].name
