"""Schemas: what the config of a component can say. They are nodes themselves, in files `*.hsd`.

    schema config
    + type color
      : red|green|blue
    + type port | of: number | least: 1 | most: 65535
    + attr verbose | type: bool | default: no
    + node paint | multiple: no
      + attr color | type: color
      + category more
    + category more
      + node any
        + anything
      + quote
    -

An attribute without `default` must be given, a node with `optional: no` too; `multiple: no` is a node that comes once.
`category NAME` with content is a definition, without content it stands for what is defined, which may contain it again.
`quote` allows text, `anything` whatever is not mentioned. A type is a pattern (see `pattern.py`), or a known one
(`values.py`) with a range.

A schema is hostile input like any other: what is wrong with it is in `flaws`, and the rest of it applies.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain

from bastide.base.errors import InvalidNode
from bastide.base.node import Node
from bastide.base.value import Bytes
from bastide.tool.finding import Finding
from bastide.tool.schema.pattern import InvalidPattern
from bastide.tool.schema.values import KNOWN, ValueType
from bastide.tool.suggestion import suggestion

_OF_EVERY_CONFIG = Node.parse("""\
schema config
+ attr generate_xml   | type: bool | default: no
+ attr ld_bind_now    | type: bool | default: no
+ attr ld_check_ctors | type: bool | default: yes
+ attr ld_verbose     | type: bool | default: no
+ node ld
  + node library
    + attr rom  | type: name
    + attr keep | type: bool | default: no
-""", "every config")
"""What the framework looks at, or ignores, below any component. Schemas need not mention it."""

_CONTENT = ("attr", "node", "category", "quote", "anything")
_GRAMMAR: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {     # attributes and sub nodes of each node
    "schema": (("name",), ("type", *_CONTENT)),
    "type": (("name", "of", "least", "most"), ()),
    "attr": (("name", "type", "default"), ()),
    "node": (("name", "multiple", "optional"), _CONTENT),
    "category": (("name",), _CONTENT),
    "quote": ((), ()),
    "anything": ((), ()),
}


@dataclass(frozen=True)
class _Attribute:
    type: ValueType
    mandatory: bool


@dataclass
class _Rules:
    """What one node can contain. `nodes` has the node of the schema that describes each type of sub node."""

    attributes: dict[str, _Attribute] = field(default_factory=dict)
    nodes: dict[str, Node] = field(default_factory=dict)
    text: bool = False
    anything: bool = False


class Schema:
    """What a node of one type can say."""

    def __init__(self, node: Node) -> None:
        self.root = node
        self.flaws: list[Finding] = []
        self._types: dict[str, ValueType] = dict(KNOWN)
        self._categories: dict[str, Node] = {}
        self._rules: dict[int, _Rules] = {}
        if node.type != "schema":
            self._complain(node, f"expected a node 'schema', found '{node.type}'")
            return
        self._check_words(node)
        for definition in node.sub_nodes("type"):
            self._define(definition)
        for category in node.sub_nodes("category"):
            if category.children:
                self._categories.setdefault(category.name, category)
        self._check_rules(node)

    @property
    def name(self) -> str:
        """The type of the nodes that the schema is about."""
        return self.root.name

    def check(self, config: Node) -> Iterator[Finding]:
        """What the schema has to say against a node."""
        if config.type != self.name:
            yield Finding.at(config.place, f"expected a node '{self.name}', found '{config.type}'")
        else:
            yield from self._check(config, self.root)

    def _check(self, node: Node, rule: Node) -> Iterator[Finding]:
        rules = self._rules_of(rule)
        yield from _attributes(node, rules)
        if node.text.strip() and not rules.text and not rules.anything:
            yield Finding.at(node.place, f"'{node.type}' takes no text")
        seen: dict[str, Node] = {}
        for child in node.sub_nodes():
            description = rules.nodes.get(child.type)
            if description is not None:
                if child.type in seen and description.value("multiple", True) is False:
                    yield Finding.at(child.place, f"'{node.type}' takes one '{child.type}' only; "
                                     f"the first is in line {seen[child.type].place.rsplit(':', 2)[1]}")
                seen.setdefault(child.type, child)
                yield from self._check(child, description)
            elif not rules.anything:
                own = [type for type, rule in rules.nodes.items() if rule not in _OF_EVERY_CONFIG.children]
                yield Finding.at(child.place, f"'{node.type}' has no node '{child.type}'", _hint(child.type, own))
        for type, description in rules.nodes.items():
            if type not in seen and description.value("optional", True) is False:
                yield Finding.at(node.place, f"'{node.type}' lacks a node '{type}'")

    def _rules_of(self, rule: Node) -> _Rules:
        rules = self._rules.get(id(rule))
        if rules is None:
            rules = self._rules[id(rule)] = _Rules()
            of_all = _OF_EVERY_CONFIG.children if rule is self.root and self.name == "config" else ()
            for part in chain(self._parts(rule), of_all):
                if part.type == "attr":
                    type = self._types.get(part.attributes.get("type", "text"), KNOWN["text"])
                    rules.attributes.setdefault(part.name, _Attribute(type, "default" not in part.attributes))
                elif part.type == "node":
                    rules.nodes.setdefault(part.name, part)
                rules.text |= part.type == "quote"
                rules.anything |= part.type == "anything"
        return rules

    def _parts(self, rule: Node) -> Iterator[Node]:
        """The parts of a rule, with those of the categories it names, each once."""
        expanded, pending = set[str](), [rule.sub_nodes()]
        while pending:
            part = next(pending[-1], None)
            if part is None:
                pending.pop()
            elif part.type != "category":
                yield part
            elif part.name not in expanded and not (part.children and rule is self.root and len(pending) == 1):
                expanded.add(part.name)
                if (category := self._categories.get(part.name)) is not None:
                    pending.append(category.sub_nodes())

    def _define(self, node: Node) -> None:
        """Take over a definition of a type."""
        base = KNOWN.get(node.attributes.get("of", ""))
        try:
            if node.text:
                self._types[node.name] = ValueType.described(node.name, node.text)
            elif base is None:
                self._complain(node, f"the type '{node.name}' has neither a pattern nor 'of' with a known type",
                               _hint(node.attributes.get("of", ""), KNOWN))
            else:
                self._types[node.name] = base.within(node.name, _bound(node, "least", base), _bound(node, "most", base))
        except (InvalidPattern, InvalidNode) as error:
            self._complain(node, f"the type '{node.name}' can't be understood: {error}")

    def _check_words(self, node: Node) -> None:
        attributes, types = _GRAMMAR[node.type]
        for name in node.attributes:
            if name not in attributes:
                self._complain(node, f"'{node.type}' has no attribute '{name}'", _hint(name, attributes))
        for child in node.sub_nodes():
            if child.type in types:
                self._check_words(child)
            else:
                self._complain(child, f"'{node.type}' has no node '{child.type}'", _hint(child.type, types))

    def _check_rules(self, node: Node) -> None:
        for child in node.sub_nodes():
            if child.type not in ("quote", "anything") and not child.name:
                self._complain(child, f"'{child.type}' lacks its name")
            if child.type == "attr":
                self._check_type(child)
            elif child.type == "category" and not child.children and child.name not in self._categories:
                self._complain(child, f"there is no category '{child.name}'", _hint(child.name, self._categories))
            elif child.type in ("node", "category"):
                self._check_rules(child)

    def _check_type(self, attribute: Node) -> None:
        name = attribute.attributes.get("type", "")
        type, default = self._types.get(name), attribute.attributes.get("default")
        if type is None:
            self._complain(attribute, f"there is no type '{name}'", _hint(name, self._types))
        elif default and not type.accepts(default):
            self._complain(attribute, f"the default '{default}' of '{attribute.name}' is not {type.expected}")

    def _complain(self, node: Node, what: str, hint: str = "") -> None:
        self.flaws.append(Finding.at(node.place, what, hint))


def _attributes(node: Node, rules: _Rules) -> Iterator[Finding]:
    for name, value in node.attributes.items():
        known = rules.attributes.get(name)
        if known is None:
            if not rules.anything:
                yield Finding.at(node.place, f"'{node.type}' has no attribute '{name}'", _hint(name, rules.attributes),
                                 name)
        elif not known.type.accepts(value):
            hint = _hint(value, known.type.choices) if known.type.choices else ""
            yield Finding.at(node.place, f"attribute '{name}' of '{node.type}' can't be '{_cut(value)}', "
                             f"expected {known.type.expected}", hint, name)
    for name, known in rules.attributes.items():
        if known.mandatory and name not in node.attributes:
            yield Finding.at(node.place, f"'{node.type}' lacks the attribute '{name}'")


def _bound(definition: Node, name: str, base: ValueType) -> int | None:
    if name not in definition.attributes:
        return None
    return definition.required(name, Bytes if base.kind is Bytes else int)


def _hint(name: str, known: Iterable[str]) -> str:
    return suggestion(name, known).removeprefix("; ")


def _cut(value: str) -> str:
    return value if len(value) <= 60 else value[:59] + "…"
