"""What each component of a plan will ask for, and what becomes of it.

    for asked in Survey(plan).of(component):
        print(asked.ask.service, asked.ask.label, asked.answer.server)

There are five origins: the environment, without which no component starts; the component's source; its own route,
which mentions what nobody found in the source; the `parent-provides` of an init, of which its children make use at run
time; and the config of a `sequence`, which asks for all that its children ask for. A label that the source leaves open
is narrowed by the config of the component and by the labels that its route has rules for; `*` stands for what is still
open then.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from bastide.base.label import SEPARATOR
from bastide.base.node import Node
from bastide.init.route import Rule
from bastide.tool.checkout import PACKAGE
from bastide.tool.graph.code import Library
from bastide.tool.graph.plan import CORE, Answer, Component, Plan
from bastide.tool.graph.wishes import SESSION_REQUESTS, Wish, flags, wishes
from bastide.tool.sources import PackError

ENVIRONMENT = ("PD", "CPU", "LOG", "ROM")
"""The sessions that a parent opens for its child. The ROM is the binary."""


_SEQUENCE = PACKAGE / "app" / "sequence"


class Origin(Enum):
    """How one knows that a session will be asked for."""

    ENVIRONMENT = "environment"
    SOURCE = "source"
    ROUTE = "route"
    PARENT_PROVIDES = "parent-provides"
    CONFIG = "config"


@dataclass(frozen=True, slots=True)
class Ask:
    """A session that a component will ask for. `label` is what it says itself, with `*` for what is left open.

    `perhaps`: the source asks on a condition, or nobody may ever make use of what an init could ask for. `later`: it
    asks when it has come up already.
    """

    service: str
    label: str
    origin: Origin
    place: str = ""
    perhaps: bool = False
    later: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """An ask with its answer."""

    ask: Ask
    answer: Answer

    @property
    def trouble(self) -> bool:
        """Whether something is going to be refused."""
        return not self.answer.good and not self.ask.perhaps


class Survey:
    """All asks of a plan."""

    def __init__(self, plan: Plan, library: Library | None = None) -> None:
        """`library` has source code that was read before."""
        self._plan, self._library = plan, library or Library()
        self._flags: dict[Path, dict[str, bool]] = {}
        self._wishes: dict[tuple[Path, tuple[tuple[str, bool], ...]], tuple[Wish, ...]] = {}
        self._found: dict[str, list[Asked]] = {component.label: self._of(component) for component in plan}
        passed = {(f"{hop.init}{SEPARATOR}{hop.request.child}", hop.request.service)
                  for asked in self for hop in asked.answer.hops[1:]}
        passed |= {(plan.top.label, asked.answer.service) for asked in self if asked.answer.server == CORE}
        for init in plan.inits.values():
            if plan.prefix.startswith(init.label + SEPARATOR):
                continue                # it is made around the scenario, and passes on whatever there is
            unused = (service for service in sorted(init.config.parent_provides)
                      if (init.label, service) not in passed)
            self._found[init.label] += [
                Asked(Ask(service, "*", Origin.PARENT_PROVIDES, init.node.place, perhaps=True),
                      plan.request(init.component, service, "*")) for service in unused]

    def of(self, component: Component) -> list[Asked]:
        """What one component will ask for."""
        return self._found[component.label]

    def __iter__(self) -> Iterator[Asked]:
        return (asked for found in self._found.values() for asked in found)

    def _of(self, component: Component) -> list[Asked]:
        plan = self._plan
        found: list[Asked] = []
        if component.start is not None:
            found += (Asked(Ask(service, "", Origin.ENVIRONMENT, component.start.place),
                            plan.environment(component, service)) for service in ENVIRONMENT)
        asks: dict[tuple[str, str], Ask] = {}
        config = plan.config_of(component)
        for wish in self._wishes_of(component, config):
            for label, place in self._labels(component, config, wish):
                ask = Ask(wish.service, label, Origin.SOURCE, place, wish.perhaps, wish.later)
                known = asks.get((wish.service, label))
                if known is None or (ask.perhaps, ask.later) < (known.perhaps, known.later):
                    asks[wish.service, label] = ask
        further = [*asks.values(), *self._of_sequence(component, config)]
        found += (Asked(ask, plan.request(component, ask.service, ask.label)) for ask in further)
        for ask in () if component.label in plan.inits else _mentioned_alone(component, found):
            found.append(Asked(ask, plan.request(component, ask.service, ask.label)))
        return found

    def _wishes_of(self, component: Component, config: Node | None) -> Iterator[Wish]:
        if component.source is None:
            return
        init = self._plan.inits.get(component.label)
        for wish in self._wishes_by_config(component, component.source[0], config):
            if component.nests and wish.service in ENVIRONMENT[:2]:
                continue                # init opens them for its children, by whom they are asked for here
            if init is None or not ((wish.service == "Report" and init.config.report is None)
                                    or (wish.label == SESSION_REQUESTS and not init.config.services)):
                yield wish

    def _wishes_by_config(self, component: Component, folder: Path, config: Node | None) -> tuple[Wish, ...]:
        """What the source says, given what the config decides: the same for most configs, and looked for once."""
        try:
            if folder not in self._flags:
                self._flags[folder] = flags(self._plan.sources(component), self._library)
            known = {} if config is None else {
                name: config.value(name, default) for name, default in self._flags[folder].items()}
            key = folder, tuple(known.items())
            if key not in self._wishes:
                self._wishes[key] = wishes(self._plan.sources(component), self._library, known)
            return self._wishes[key]
        except PackError as error:
            self._plan.problems[component.label] = str(error)
            return ()

    def _of_sequence(self, component: Component, config: Node | None) -> Iterator[Ask]:
        """What the children of a sequence will ask for: in its place, and with their names in the labels.

        It finds the binaries, and the ROMs that shall be configs, under names of its own.
        """
        if component.source is None or component.source[0] != _SEQUENCE or config is None:
            return
        asks: dict[tuple[str, str], Ask] = {}
        for start in config.sub_nodes("start"):
            binary, rom = start.sub_node("binary") or start, start.attributes.get("config")
            found = [Ask("ROM", binary.name, Origin.CONFIG, binary.place)]
            found += [Ask("ROM", rom, Origin.CONFIG, start.place)] if rom else []
            found += (Ask(service, start.name, Origin.CONFIG, start.place, later=True)
                      for service in ENVIRONMENT if service != "ROM")
            child = Component(f"{component.label}{SEPARATOR}{start.name}", binary.name,
                              source=self._plan.source(component, binary.name))
            own = start.sub_node("config") or (self._plan.content(component, rom) if rom else None)
            found += (Ask(wish.service, f"{start.name}{SEPARATOR}{label}", Origin.CONFIG, start.place, wish.perhaps,
                          later=True)
                      for wish in self._wishes_of(child, own) for label, _ in self._labels(child, own, wish)
                      if label not in ("config", SESSION_REQUESTS))
            for ask in found:
                if ask.label:
                    asks.setdefault((ask.service, ask.label), ask)
        yield from asks.values()

    def _labels(self, component: Component, config: Node | None, wish: Wish) -> Iterator[tuple[str, str]]:
        """Labels that the wish can have, and the places that say so."""
        if wish.attribute and config is not None:
            nodes = config.sub_nodes(*wish.nodes) if wish.nodes else _all(config)
            yield from ((node.attributes[wish.attribute], node.place) for node in nodes
                        if wish.attribute in node.attributes and wish.unless not in node.attributes)
            return
        narrowed = [(label, rule.place) for rule in component.route.rules
                    if rule.service in (wish.service, None)
                    and (mentioned := _mentioned(rule, component.name)) is not None
                    and (label := narrow(wish.label, mentioned)) is not None] if "*" in wish.label else []
        yield from narrowed or [(wish.label, wish.place)]


def narrow(pattern: str, mentioned: str) -> str | None:
    """The pattern of all texts that fit both. None: there are none."""
    if "*" not in mentioned:
        return mentioned if _fits(pattern, mentioned) else None
    if "*" not in pattern:
        return pattern if _fits(mentioned, pattern) else None
    heads, tails = zip(*((text.partition("*")[0], text.rpartition("*")[2]) for text in (pattern, mentioned)),
                       strict=True)
    head, tail = max(heads, key=len), max(tails, key=len)
    fits = all(map(head.startswith, heads)) and all(map(tail.endswith, tails))
    return f"{head}*{tail}" if fits else None


def _fits(pattern: str, text: str) -> bool:
    head, *middle, tail = pattern.split("*") if "*" in pattern else (pattern, pattern)
    if "*" not in pattern:
        return text == pattern
    if not (text.startswith(head) and text.endswith(tail) and len(text) >= len(head) + len(tail)):
        return False
    position, end = len(head), len(text) - len(tail)
    for part in middle:
        found = text.find(part, position, end)
        if found < 0:
            return False
        position = found + len(part)
    return True


def _mentioned(rule: Rule, child: str) -> str | None:
    """The labels chosen by the child that a rule is about, as a pattern. None: it does not look at them."""
    wanted = rule.condition
    if wanted is None:
        return None
    if wanted.unscoped is not None:
        scope = child + SEPARATOR
        return wanted.unscoped[len(scope):] if wanted.unscoped.startswith(scope) else None
    if wanted.last is not None:
        return wanted.last
    if wanted.label is not None:
        return wanted.label
    return f"{wanted.prefix or ''}*{wanted.suffix or ''}"


def _mentioned_alone(component: Component, found: list[Asked]) -> Iterator[Ask]:
    """What only the component's own route says that it will ask for."""
    if component.start is None or component.start.route is None:
        return
    known = {(asked.ask.service, asked.ask.label) for asked in found}
    services = {service for service, _ in known}
    for rule in component.route.rules:
        if rule.service is None or (rule.condition is None and rule.service in services):
            continue
        label = "*" if rule.condition is None else _mentioned(rule, component.name)
        if label is not None and (rule.service, label) not in known:
            known.add((rule.service, label))
            yield Ask(rule.service, label, Origin.ROUTE, rule.place)


def _all(node: Node) -> Iterator[Node]:
    todo = [node]
    while todo:
        current = todo.pop(0)
        yield current
        todo += current.children
