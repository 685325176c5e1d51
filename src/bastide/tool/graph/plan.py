"""A scenario as it will be: its inits and their children, and who answers the sessions that each will ask for.

    plan = Plan.of(scenario)
    for component in plan:
        for answer in plan.answers(component):
            print(answer.client, answer.ask.service, answer.server, answer.reason)

Answers are those of init's own rules (`init.routing`), applied by one parent after the other, up to core and down into
inits that offer services. Nothing is started. What a component asks for is known by its source (`asks.py`), by the
routes made for it, and by what its config names; a label that is known at run time only has a `*` in it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

from bastide.base.errors import InvalidNode
from bastide.base.label import SEPARATOR
from bastide.base.node import Node
from bastide.init.config import Config
from bastide.init.route import Kind, Route, Rule
from bastide.init.routing import Denial, InlineConfig, Request, SessionRequests, Target, resolve, special
from bastide.init.start import StartNode
from bastide.tool.boot import CORE_SERVICES, OUTER_DRIVERS, TOOL_SERVICES, extra_modules, outside, prefix_of, top_config
from bastide.tool.checkout import PACKAGE
from bastide.tool.graph.model import Link
from bastide.tool.modules import Modules
from bastide.tool.scenario import SERVICES, Scenario, ScenarioError
from bastide.tool.sources import Source
from bastide.tool.sources import component as component_sources
from bastide.tool.suggestion import suggestion

CORE = "core"
MOST_COMPONENTS = 20_000
_CORE_ROMS = ("platform_info", "session_requests")
_INIT = PACKAGE / "init"

Resolution: TypeAlias = Target | Denial | InlineConfig | SessionRequests


@dataclass(eq=False)
class Component:
    """One component. `label` is its whole path; core's child has neither start node nor parent.

    `source` is the folder that its binary is packed from, and its package: None if that is not known.
    """

    label: str
    binary: str
    start: StartNode | None = None
    parent: Init | None = None
    source: tuple[Path, str] | None = None

    @property
    def name(self) -> str:
        return self.label.rpartition(SEPARATOR)[2]

    @property
    def route(self) -> Route:
        """The rules that its parent applies: its own, or the default ones."""
        if self.start is None or self.parent is None:
            return Route()
        return self.start.route or self.parent.config.default_route or Route()

    @property
    def provides(self) -> frozenset[str]:
        return self.start.provides if self.start is not None else frozenset()

    @property
    def nests(self) -> bool:
        """Whether it is an init."""
        return self.source is not None and self.source[0] == _INIT


@dataclass(eq=False)
class Init:
    """An init whose config is known: a directory of services, as `init.routing` asks for one."""

    component: Component
    node: Node
    config: Config
    children: dict[str, Component] = field(default_factory=dict)

    @property
    def label(self) -> str:
        return self.component.label

    def parent_provides(self, service: str) -> bool:
        return service in self.config.parent_provides

    def local_provides(self, service: str) -> bool:
        return False                    # only other programs around a sandbox have local services

    def child(self, name: str) -> str | None:
        name = next((alias.child for alias in self.config.aliases if alias.name == name), name)
        return name if name in self.children else None

    def providers(self, service: str) -> Collection[str]:
        return self._providers.get(service, ())

    @cached_property
    def _providers(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for child in self.children.values():
            for service in child.provides:
                found.setdefault(service, []).append(child.name)
        return found

    def answer(self, child: Component, request: Request) -> Resolution:
        """What this init says to a request of its child."""
        assert child.start is not None
        asked = special(request, child.start.binary, child.start.ld, child.start.config is not None)
        return asked if isinstance(asked, InlineConfig | SessionRequests) else resolve(asked, child.route, self)


@dataclass(frozen=True)
class Hop:
    """What one init answered, or the policies of one that offers services: then there is no request of a child."""

    init: str
    request: Request
    answer: Resolution


@dataclass(frozen=True)
class Answer:
    """What becomes of one request. `server` is the label of who serves it, `core`, or empty."""

    client: str
    service: str
    label: str                          # of the session, as its parent got it
    server: str
    seen: str                           # the label that the server sees
    link: Link                          # PLANNED, WAITING for what may never come, or DENIED
    hops: tuple[Hop, ...] = ()
    reason: str = ""                    # why not, and what would help

    @property
    def good(self) -> bool:
        return self.link is Link.PLANNED

    @property
    def rule(self) -> Rule | None:
        """The rule that decided: of the route that refused, or of the first one that let it pass."""
        decisive = next((hop.answer for hop in (*self.hops[-1:], *self.hops[:1])
                         if isinstance(hop.answer, Denial) or hop is self.hops[0]), None)
        return decisive.rule if isinstance(decisive, Target | Denial) else None

    @property
    def own(self) -> bool:
        """Whether the parent answers itself: by the config in the start node, or by what others ask the child for."""
        return bool(self.hops) and isinstance(self.hops[0].answer, InlineConfig | SessionRequests)

    @property
    def kept(self) -> bool:
        """Whether an init that passed the request on, or the parent, answers so."""
        return bool(self.hops) and isinstance(self.hops[-1].answer, InlineConfig | SessionRequests)


class Plan:
    """The tree, in the order of its config, and the answers."""

    def __init__(self, scenario: Scenario, modules: Modules) -> None:
        """Raises ScenarioError if the config can't be had, or has no end."""
        self.scenario = scenario
        self.prefix = prefix_of(scenario)
        """The label of the scenario's own top component."""
        self._modules = modules
        self._labels = {rom.name: rom.label for rom in scenario.content}
        config = top_config(scenario)
        self.roms = frozenset({*self._labels, scenario.binary, *extra_modules(scenario), *_CORE_ROMS,
                               *(("config",) if config is not None else ())})
        self.inits: dict[str, Init] = {}
        self.components: dict[str, Component] = {}
        self.problems: dict[str, str] = {}
        """What is wrong with what one would have to know of a component."""
        self.open: set[str] = set()
        """Inits whose config is made at run time."""
        binary = "init" if outside(scenario) else scenario.binary
        self.top = Component("init", binary)
        self._add(self.top, binary)
        self._enter(self.top, config if config is not None else self._module_node("config", "init"), ())

    @classmethod
    def of(cls, scenario: Scenario) -> Plan:
        return cls(scenario, Modules.of(scenario.path))

    def __iter__(self) -> Iterator[Component]:
        return iter(self.components.values())

    def children(self, component: Component) -> Collection[Component]:
        init = self.inits.get(component.label)
        return init.children.values() if init is not None else ()

    def sources(self, component: Component) -> list[Source]:
        """The modules that the component consists of; none if that is not known. Raises PackError."""
        return component_sources(*component.source) if component.source is not None else []

    def request(self, component: Component, service: str, label: str) -> Answer:
        """What becomes of a session that the component opens under that label."""
        return self._follow(component, service, component.name + SEPARATOR + label)

    def environment(self, component: Component, service: str) -> Answer:
        """What becomes of a session without which the component does not start: PD, CPU, LOG, and ROM, its binary."""
        answer = self._follow(component, service, component.name)
        if service in ("PD", "CPU") and answer.hops and _to_child(answer.hops[0].answer):
            return _failed(answer, Link.DENIED, f"\"{component.name}\" can't get its {service} session from a child, "
                           "which can't be trusted with it: init would have to call it; route it to parent")
        return answer

    def config_of(self, component: Component) -> Node | None:
        """The config that the component finds at its start; None if it has none, or one that is made at run time."""
        if component.label in self.inits:
            return self.inits[component.label].node
        if component.start is None:
            return self.scenario.config
        if component.start.config is not None:
            return component.start.config
        return self.content(component, "config")

    def content(self, component: Component, label: str) -> Node | None:
        """What the component finds in the ROM of that label; None if it is made at run time, or no node."""
        module = self._module_of(component, label)
        return self._module_node(module, component.label) if module else None

    def source(self, component: Component, label: str) -> tuple[Path, str] | None:
        """Folder and package that a binary is packed from, which the component finds under that label."""
        return self._source_of(self._module_of(component, label))

    def _module_of(self, component: Component, label: str) -> str:
        """The ROM module of core that the component sees; empty if it is none."""
        answer = self.request(component, "ROM", label)
        return answer.seen.rpartition(SEPARATOR)[2] if answer.server == CORE else ""

    def _source_of(self, module: str) -> tuple[Path, str] | None:
        return self._modules.component(self._labels.get(module, module)) if module else None

    # -- the tree -----------------------------------------------------------------------------------------------------

    def _add(self, component: Component, module: str) -> None:
        """A component of the binary that is that ROM module of core; without `module`, made by somebody at run time."""
        if len(self.components) == MOST_COMPONENTS:
            raise ScenarioError(f"{self.scenario.path}: more than {MOST_COMPONENTS} components")
        self.components[component.label] = component
        component.source = self._source_of(module)

    def _enter(self, component: Component, config: Node | None, around: tuple[str, ...]) -> None:
        """Add what an init will start. `around` are the places of the configs of the inits around it."""
        if not component.nests:
            return
        if config is None:
            if component.label not in self.problems:
                self.open.add(component.label)
            return
        if config.place and config.place in around:
            self.problems[component.label] = f"it starts itself again and again, by the config at {config.place}"
            return
        init = self.inits[component.label] = Init(component, config, Config.parse(config))
        for start in init.config.starts:        # of several versions of one name, the last
            child = Component(f"{component.label}{SEPARATOR}{start.name}", start.binary, start, init)
            init.children[start.name] = child
        for child in init.children.values():
            binary = self.environment(child, "ROM")
            self._add(child, binary.seen.rpartition(SEPARATOR)[2] if binary.server == CORE else "")
            self._enter(child, self.config_of(child), (*around, config.place))

    def _module_node(self, module: str, reader: str) -> Node | None:
        """The content of a ROM module of the scenario's."""
        label = self._labels.get(module, module)
        if self._modules.component(label) is not None or (content := self._modules.find(label)) is None:
            return None
        try:
            return Node.parse(content, str(self.scenario.path.parent / label))
        except InvalidNode as error:
            self.problems[reader] = str(error)
            return None

    # -- answers ------------------------------------------------------------------------------------------------------

    def _follow(self, client: Component, service: str, label: str) -> Answer:
        """Ask one parent after the other."""
        hops: list[Hop] = []
        component = client
        asked = label
        while component.parent is not None:
            init, request = component.parent, Request(component.name, service, asked)
            found = init.answer(component, request)
            hops.append(Hop(init.label, request, found))
            made = Answer(client.label, service, label, init.label, asked, Link.PLANNED, tuple(hops))
            if isinstance(found, InlineConfig | SessionRequests):
                return made
            if isinstance(found, Denial):
                return _failed(made, Link.DENIED, found.reason)
            if found.kind is Kind.CHILD:
                return self._descend(made, init.children[found.child], found.label)
            component, asked = init.component, f"{init.component.name}{SEPARATOR}{found.label}"
        made = Answer(client.label, service, label, CORE, asked, Link.PLANNED, tuple(hops))
        reason = self._core_refuses(service, asked)
        return _failed(made, Link.DENIED, reason) if reason else made

    def _descend(self, answer: Answer, server: Component, label: str) -> Answer:
        """Down into inits that offer services of their children."""
        while (init := self.inits.get(server.label)) is not None:
            service = next((node for node in init.config.services if node.name == answer.service), None)
            if service is None:
                return _failed(answer, Link.WAITING, f"\"{server.label}\" has no service node for {answer.service} in "
                               f"its own config, so the request waits for one: add `+ service {answer.service}` with "
                               "a policy there", server.label)
            forward = service.forward(label)
            if forward is None:
                return _failed(answer, Link.DENIED, f"\"{server.label}\" has no policy for label \"{label}\" in its "
                               f"service node at {service.place}: add one, or a default-policy")
            child = init.child(forward.child)
            if child is None or answer.service not in init.children[child].provides:
                cause = "does not provide it" if child is not None else "is none of its children"
                return _failed(answer, Link.WAITING, f"\"{server.label}\" forwards {answer.service} to child "
                               f"\"{forward.child}\" by its service node at {service.place}, which {cause}, so the "
                               "request waits for that", server.label)
            label = label if forward.label is None else forward.label
            server = init.children[child]
        return Answer(answer.client, answer.service, answer.label, server.label, label, answer.link, answer.hops)

    def _core_refuses(self, service: str, label: str) -> str:
        """Why core does not serve it; empty if it does."""
        if service not in CORE_SERVICES | TOOL_SERVICES:
            offered = f"core provides no service \"{service}\", but {', '.join(sorted(CORE_SERVICES | TOOL_SERVICES))}"
            words = [word for word, name in SERVICES.items() if name == service]
            if service in OUTER_DRIVERS and words:
                return f"{offered}; add `+ requires | + {words[-1]}` to {self.scenario.path}"
            return f"{offered}; let a child provide it"
        module = label.rpartition(SEPARATOR)[2]
        if service == "ROM" and "*" not in module and module not in self.roms:
            return (f"there is no ROM module \"{module}\" in the content of {self.scenario.path}"
                    + (suggestion(module, self.roms) or "") + f"; add `+ rom {module}` there, or route it to a child")
        return ""


def _to_child(answer: Resolution) -> bool:
    return isinstance(answer, Target) and answer.kind is Kind.CHILD


def _failed(answer: Answer, link: Link, reason: str, server: str = "") -> Answer:
    return Answer(answer.client, answer.service, answer.label, server, answer.seen, link, answer.hops, reason)
