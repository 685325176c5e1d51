"""Checks that the ROM modules of a scenario exist, and that its criteria can decide something."""

from __future__ import annotations

from collections.abc import Iterator

from bastide.tool.check.subject import Subject
from bastide.tool.finding import Finding
from bastide.tool.modules import Modules
from bastide.tool.scenario import ScenarioError
from bastide.tool.suggestion import closest


def findings(subject: Subject) -> Iterator[Finding]:
    scenario = subject.scenario
    if scenario is None or subject.runtime is None:
        return
    for rom in scenario.content:
        yield from _missing(rom.label, rom.place, subject.modules, "")
    if all(rom.name != scenario.binary for rom in scenario.content):
        yield from _missing(scenario.binary, subject.runtime.place, subject.modules, "binary")
    if scenario.criteria.problem:
        yield Finding.told(scenario.criteria.problem, subject.path)


def _missing(name: str, place: str, modules: Modules, attribute: str) -> Iterator[Finding]:
    try:
        if modules.known(name):
            return
    except ScenarioError as error:
        yield Finding.at(place, str(error), attribute=attribute)
        return
    near = closest(name, modules.names())
    yield Finding.at(place, f"there is no ROM module '{name}'", f"did you mean '{near}'?" if near else
                     f"it would be a file beside the scenario, or a folder 'components/{name.replace('-', '_')}' with "
                     "a main.py", attribute)
