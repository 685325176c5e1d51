"""Checks budgets: what each init has against what it promises its children, and the whole against the host.

The amounts are those that init itself works with. A child's environment is paid from its quota; an init keeps what it
preserves; who comes later in the config gets what is left.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bastide.base.value import Bytes
from bastide.init.budget import ENVIRONMENT_COST, STATIC_COST, effective
from bastide.init.start import Quota
from bastide.tool.boot import outside
from bastide.tool.check.subject import Part, Subject
from bastide.tool.finding import Finding

_TAKEN = Quota(Bytes(ENVIRONMENT_COST.ram + STATIC_COST.ram), ENVIRONMENT_COST.caps + STATIC_COST.caps)


@dataclass(frozen=True)
class _Kind:
    """RAM or capabilities."""

    attribute: str
    name: str


_KINDS = (_Kind("ram", "RAM"), _Kind("caps", "caps"))


def findings(subject: Subject, host: Quota) -> Iterator[Finding]:
    """`host` is what this host has to give to a system."""
    scenario, root = subject.scenario, subject.root
    if scenario is None or root is None:
        return
    given = Quota(scenario.ram, scenario.caps)
    for kind in _KINDS:
        if _amount(given, kind) > _amount(host, kind):
            yield Finding.at(root.place, f"the scenario is to have {_shown(given, kind)}, but this host has only "
                             f"{_shown(host, kind)} to give", attribute=kind.attribute)
    yield from _within(root, effective(given) if outside(scenario) else given)


def given_out(part: Part) -> Quota:
    """What an init promises its children in all."""
    starts = part.init.starts if part.init is not None else ()
    return Quota(Bytes(sum(start.ram for start in starts)), sum(start.caps for start in starts))


def _within(part: Part, has: Quota) -> Iterator[Finding]:
    if part.init is None:
        return
    left, _ = part.init.spendable(has)
    for kind in _KINDS:
        yield from _overdrawn(part, kind, _amount(has, kind), _amount(left, kind))
    for child in part.parts:
        if child.start is not None:
            yield from _too_small(child, child.start.quota)
            yield from _within(child, effective(child.start.quota))


def _overdrawn(part: Part, kind: _Kind, has: int, left: int) -> Iterator[Finding]:
    """The first child for which nothing is left of what its parent has."""
    promised = 0
    for child in part.parts:
        if child.start is None:
            continue
        promised += _amount(child.start.quota, kind)
        if promised > left:
            whole = _amount(given_out(part), kind)
            yield Finding.at(child.place, f"with '{child.name}', '{part.name}' promises its children more {kind.name} "
                             f"than it has: {_text(whole, kind)} of {_text(left, kind)} "
                             f"({_text(has, kind)} less what it keeps)",
                             f"give more to '{part.name}', or less to its children", kind.attribute)
            return


def _too_small(child: Part, quota: Quota) -> Iterator[Finding]:
    for kind in _KINDS:
        if _amount(quota, kind) <= _amount(_TAKEN, kind):
            yield Finding.at(child.place, f"'{child.name}' gets {_shown(quota, kind)}, all of which its environment "
                             f"takes ({_shown(_TAKEN, kind)}), so that nothing is left for itself",
                             f"raise '{kind.attribute}', here or in the default node", kind.attribute)


def _amount(quota: Quota, kind: _Kind) -> int:
    return quota.ram if kind.attribute == "ram" else quota.caps


def _shown(quota: Quota, kind: _Kind) -> str:
    return f"{_text(_amount(quota, kind), kind)} {'caps' if kind.attribute == 'caps' else 'of RAM'}"


def _text(amount: int, kind: _Kind) -> str:
    if kind.attribute == "caps" or amount < 1 << 10:
        return str(amount)
    return str(Bytes(amount >> 10 << 10))
