"""Checks each rule of each route by itself: targets that are not there, conditions that can't hold, rules that nothing
reaches any more. Whether somebody asks is not asked here.
"""

from __future__ import annotations

from collections.abc import Iterator

from bastide.base.label import SEPARATOR
from bastide.init.route import Choice, Kind, LabelCondition, Route, Rule
from bastide.tool.finding import Finding
from bastide.tool.graph.plan import Component, Init, Plan
from bastide.tool.suggestion import suggestion

_COMPARED = 64
"""Rules about one service that later ones are compared with: more makes no sense to people, and takes time."""

_NAMED = 4
"""Targets or children enumerated in one finding."""


def findings(plan: Plan) -> Iterator[Finding]:
    for init in plan.inits.values():
        if not init.node.place:
            continue                    # it is made around the scenario
        routes = [(child.start.route, child) for child in init.children.values()
                  if child.start is not None and child.start.route is not None]
        yield from _route(init.config.default_route or Route(), None, init)
        for route, child in routes:
            yield from _route(route, child, init)


def _route(route: Route, child: Component | None, init: Init) -> Iterator[Finding]:
    earlier: dict[str | None, list[Rule]] = {}
    for rule in route.rules:
        yield from _targets(rule, init)
        if rule.condition is not None and (flaw := _impossible(rule.condition, child, init)):
            yield Finding.at(rule.place, f"no label fits `{rule}`: {flaw}")
        candidates = [*earlier.get(rule.service, ()), *(earlier.get(None, ()) if rule.service is not None else ())]
        before = next((candidate for candidate in candidates if _hides(candidate, rule, init)), None)
        known = earlier.setdefault(rule.service, [])
        if len(known) < _COMPARED:
            known.append(rule)
        if before is not None:
            line = before.place.rsplit(":", 2)[1]
            yield Finding.at(rule.place, f"nothing reaches `{rule}`: `{before}` in line {line} decides before",
                             "put the more special rule first")


def _targets(rule: Rule, init: Init) -> Iterator[Finding]:
    """Children that are not there, and services that none of the targets provides."""
    missing = [choice.child for choice in rule.choices
               if choice.kind is Kind.CHILD and choice.child and init.child(choice.child) is None]
    for name in missing:
        yield Finding.at(rule.place, f"`{rule}` leads to '{name}', but '{init.component.name}' has no such child",
                         suggestion(name, init.children).removeprefix("; "))
    if missing or rule.service is None:
        return
    if not rule.choices:
        yield Finding.at(rule.place, f"`{rule}` has no target", "add `+ parent` or `+ child NAME`")
    elif not any(_provides(choice, rule.service, init) for choice in rule.choices):
        causes = ", ".join(_cause(choice, rule.service, init) for choice in rule.choices[:_NAMED])
        yield Finding.at(rule.place, f"`{rule}` leads nowhere: {causes}", _whoever_provides(rule.service, init))


def _provides(choice: Choice, service: str, init: Init) -> bool:
    if choice.kind is Kind.PARENT:
        return init.parent_provides(service)
    if choice.kind is Kind.LOCAL:
        return init.local_provides(service)
    providers = init.providers(service)
    return len(providers) == 1 if choice.kind is Kind.ANY_CHILD else init.child(choice.child) in providers


def _cause(choice: Choice, service: str, init: Init) -> str:
    if choice.kind is Kind.PARENT:
        return f"{service} is not in parent-provides"
    if choice.kind is Kind.LOCAL:
        return f"there is no local service {service}"
    if choice.kind is Kind.ANY_CHILD:
        return f"{'several children provide' if init.providers(service) else 'no child provides'} {service}"
    return f"child '{choice.child}' does not provide {service}"


def _whoever_provides(service: str, init: Init) -> str:
    providers = [f"child {name}" for name in sorted(init.providers(service))]
    providers += ["parent"] if init.parent_provides(service) else []
    if not providers:
        return "nobody provides it: should it be in the `provides` of a child, or in `parent-provides`?"
    return f"provided by: {', '.join(providers[:_NAMED])}"


def _impossible(condition: LabelCondition, child: Component | None, init: Init) -> str:
    """Why no label can satisfy the condition; empty if one can. `child` is whose route it is, None for all."""
    if condition.unscoped is not None:
        whole = condition.unscoped + SEPARATOR
        if whole.startswith(child.name + SEPARATOR) if child else whole.partition(SEPARATOR)[0] in init.children:
            return ""
        return f"`unscoped_label` is the whole label, which begins with the name of the child: `NAME{SEPARATOR}…`"
    if condition.last is not None:
        return f"`label_last` is what follows the last '{SEPARATOR.strip()}'" if SEPARATOR in condition.last else ""
    for value in (condition.label, condition.prefix):
        if child is not None and value is not None and f"{value} ".startswith(child.name + SEPARATOR):
            chosen = f"{value} ".removeprefix(child.name + SEPARATOR).strip()
            return ("labels are matched without the name of the child, so "
                    + (f"write `{chosen}`" if chosen else "leave it out"))
    label = condition.label
    if label is not None and not (label.startswith(condition.prefix or "") and label.endswith(condition.suffix or "")):
        return f"`label: {label}` contradicts the rest of the condition"
    return ""


def _hides(earlier: Rule, rule: Rule, init: Init) -> bool:
    """Whether all requests that `rule` is about are decided by `earlier` for good."""
    if not _covers(earlier.condition, rule.condition):
        return False
    if earlier.service is not None:
        return earlier.service == rule.service
    # An any-service rule passes on what none of its targets provides.
    return rule.service is not None and any(_provides(choice, rule.service, init) for choice in earlier.choices)


def _covers(wide: LabelCondition | None, narrow: LabelCondition | None) -> bool:
    """Whether each label that satisfies `narrow` satisfies `wide`."""
    if wide is None or wide == narrow:
        return True
    if narrow is None or not (wide.scoped and narrow.scoped):
        return False
    exact = narrow.label
    if exact is not None:
        return (wide.label in (None, exact) and exact.startswith(wide.prefix or "")
                and exact.endswith(wide.suffix or ""))
    return (wide.label is None and (narrow.prefix or "").startswith(wide.prefix or "")
            and (narrow.suffix or "").endswith(wide.suffix or ""))
