"""The rules of a `route` node as values: which requests a rule is about, and the targets it names, in order.

Everything that can be prepared is prepared when the config is parsed, because the rules are consulted for every
session request. How rules are applied, and what is said when they refuse, is in `routing`. This file does not know
who provides what.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from bastide.base.label import SEPARATOR
from bastide.base.node import Node

BLANKS = " \t\r\n"                     # do not count at the ends of labels
RULE_TEXT_LIMIT = 160                   # characters of a rule quoted in messages
_LABEL_CONDITIONS = ("label", "label_prefix", "label_suffix", "label_last", "unscoped_label")


class ClientLabel(NamedTuple):
    """The parts of a client label that conditions look at, trimmed."""

    whole: str
    last: str                           # its last element
    chosen: str | None                  # what follows `<child> -> `; None: it does not begin like that

    @classmethod
    def of(cls, child: str, label: str) -> ClientLabel:
        scope = child + SEPARATOR
        chosen = label[len(scope):].strip(BLANKS) if label.startswith(scope) else None
        return cls(label.strip(BLANKS), label.rpartition(SEPARATOR)[2].strip(BLANKS), chosen)


class LabelCondition(NamedTuple):
    """What a rule demands of the label. None: not demanded. Values are trimmed, as is the label."""

    label: str | None = None
    prefix: str | None = None
    suffix: str | None = None
    last: str | None = None
    unscoped: str | None = None

    @property
    def scoped(self) -> bool:
        """Whether the condition looks only at what the client chose, which follows `<child> -> `."""
        return self.unscoped is None and self.last is None

    def matches(self, label: ClientLabel) -> bool:
        """Whether a client label satisfies the condition.

        Sessions of a child's environment have no part chosen by the client: no scoped condition holds for them.
        """
        if self.unscoped is not None:
            return label.whole == self.unscoped
        if self.last is not None:
            return label.last == self.last
        chosen = label.chosen
        return (chosen is not None
                and (self.label is None or chosen == self.label)
                and (self.prefix is None or chosen.startswith(self.prefix))
                and (self.suffix is None or chosen.endswith(self.suffix)))

    def __str__(self) -> str:
        values = (self.label, self.prefix, self.suffix, self.last, self.unscoped)
        return " | ".join(f"{key}: {value}".rstrip() for key, value in zip(_LABEL_CONDITIONS, values, strict=True)
                          if value is not None)


class Kind(Enum):
    """Whom a target of a rule names."""

    PARENT = "parent"
    CHILD = "child"
    ANY_CHILD = "any-child"
    LOCAL = "local"


class Choice(NamedTuple):
    """One target of a rule, with what it does to the label. None: leave that part of the label alone."""

    kind: Kind
    child: str = ""
    label: str | None = None
    identity: str | None = None
    resource: str | None = None
    prepend_resource: str | None = None

    def presented(self, label: str) -> str:
        """The label that the server sees, given the client label."""
        if self.label is not None:
            return self.label
        if self.identity is None and self.resource is None and self.prepend_resource is None:
            return label
        prefix, _, last = label.rpartition(SEPARATOR)
        identity = prefix if self.identity is None else self.identity
        resource = (self.prepend_resource or "") + (last if self.resource is None else self.resource)
        return f"{identity}{SEPARATOR}{resource}" if identity else resource

    def __str__(self) -> str:
        rewriting = {"label": self.label, "identity": self.identity, "resource": self.resource,
                     "prepend_resource": self.prepend_resource}
        head = f"+ {self.kind.value} {self.child}".rstrip()
        return " | ".join([head, *(f"{key}: {value}".rstrip() for key, value in rewriting.items()
                                   if value is not None)])


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `service` is None for `any-service`, `condition` is None if every label will do."""

    service: str | None
    condition: LabelCondition | None
    choices: tuple[Choice, ...]
    place: str = field(default="", compare=False)

    def __str__(self) -> str:
        head = "+ any-service" if self.service is None else f"+ service {self.service}".rstrip()
        targets = " / ".join(str(choice) for choice in self.choices[:RULE_TEXT_LIMIT])
        text = " | ".join(part for part in (head, str(self.condition or ""), targets) if part)
        return text if len(text) <= RULE_TEXT_LIMIT else text[:RULE_TEXT_LIMIT - 1] + "…"


@dataclass(frozen=True, slots=True)
class Route:
    """The rules of one `route` or `default-route` node. Without rules, every request is refused."""

    rules: tuple[Rule, ...] = ()
    shared: bool = False                # it is the default-route, used by all children without a route of their own
    place: str = field(default="", compare=False)
    warnings: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def parse(cls, node: Node) -> Route:
        """The route that `node` describes. Never fails: what has no meaning becomes a warning."""
        warnings: list[str] = []
        rules = tuple(_rules(node, warnings))
        return cls(rules, node.type == "default-route", node.place, tuple(warnings))


def _rules(route: Node, warnings: list[str]) -> Iterator[Rule]:
    for node in route.sub_nodes():
        if node.type not in ("service", "any-service"):
            warnings.append(f"{node.place}: {route.type} node ignores '{node.type}', "
                            "it consists of 'service' and 'any-service' rules")
            continue
        if node.type == "service" and not node.name:
            warnings.append(f"{node.place}: service rule lacks name attribute, rule ignored")
            continue
        service = node.name if node.type == "service" else None
        yield Rule(service, _condition(node, warnings), tuple(_choices(node, warnings)), node.place)


def _condition(rule: Node, warnings: list[str]) -> LabelCondition | None:
    values = {key: rule.attributes[key].strip(BLANKS) for key in _LABEL_CONDITIONS if key in rule.attributes}
    if not values:
        return None
    if "unscoped_label" in values and len(values) > 1:
        warnings.append(f"service node contains both scoped and unscoped label attributes ({rule.place})")
    return LabelCondition(*(values.get(key) for key in _LABEL_CONDITIONS))


def _choices(rule: Node, warnings: list[str]) -> Iterator[Choice]:
    for node in rule.sub_nodes(*(kind.value for kind in Kind)):
        kind = Kind(node.type)
        if kind is Kind.CHILD and not node.name:
            warnings.append(f"{node.place}: child target lacks name attribute and never resolves")
        yield Choice(kind, node.name if kind is Kind.CHILD else "",
                     *(node.attributes.get(key) for key in ("label", "identity", "resource", "prepend_resource")))
