"""Checks that components may provide what they announce: their parent refuses what their start node does not grant.

A service that is granted and never announced is no finding: it may be announced later, or by a child.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bastide.tool.finding import Finding
from bastide.tool.graph.code import Library
from bastide.tool.graph.plan import Plan
from bastide.tool.graph.wishes import announcements
from bastide.tool.sources import PackError


def findings(plan: Plan, library: Library) -> Iterator[Finding]:
    known: dict[Path, frozenset[str]] = {}
    for component in plan:
        if component.start is None or not component.start.place or component.source is None or component.nests:
            continue
        folder = component.source[0]
        if folder not in known:
            try:
                known[folder] = announcements(plan.sources(component), library)
            except PackError:
                known[folder] = frozenset()     # told by who follows its sessions
        for service in sorted(known[folder] - component.provides):
            yield Finding.at(component.start.place,
                             f"'{component.name}' announces {service}, which its start node does not grant",
                             f"add `+ provides | + service {service}`")
