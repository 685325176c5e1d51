"""What a config node tells init, as values: children, default quota, aliases, exported services, report settings.

Parsing never fails. What is wrong becomes a line in `Config.warnings` or `Config.errors`, to be printed by whoever
applies the config, and the default is used. Nodes of unknown type are ignored. This file knows the syntax of the config
and no more: it starts no child, moves no quota, and does not know what services exist. Start nodes are in `start`,
the rules of routes in `route`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from bastide.base.label import select_policy
from bastide.base.node import Node
from bastide.base.value import Bytes, Duration, milliseconds
from bastide.init.arguments import Space, usable_prio_levels
from bastide.init.reading import Reader
from bastide.init.route import Route
from bastide.init.start import Common, Heartbeat, Identity, Quota, StartNode, parsed_route, service_names

__all__ = ["Alias", "Config", "Forward", "Heartbeat", "Quota", "ReportSettings", "ServiceNode", "StartNode"]

NAME_LIMIT = 63                         # characters of a child's name
MOST_CHILDREN = 4096                    # of one init: more would take what memory it has before they are even begun
PRESERVED = Quota(Bytes(40 * 8 * 1024), 20)     # kept by init unless told otherwise: 40 KiB per byte of a word, 20 caps


class ReportSettings(NamedTuple):
    """Which details the state report has. A `delay` of 0 means: never report."""

    ids: bool = False
    requested: bool = False
    provided: bool = False
    session_args: bool = False
    child_ram: bool = False
    child_caps: bool = False
    init_ram: bool = False
    init_caps: bool = False
    delay: Duration = milliseconds(100)
    buffer: Bytes = Bytes(4096)


@dataclass(frozen=True, slots=True)
class Alias:
    """Another name of `child`, valid in `child` targets of routes only."""

    name: str
    child: str
    place: str = field(default="", compare=False)


class Forward(NamedTuple):
    """A session request from init's parent goes to `child`; `label`, if given, replaces the client's."""

    child: str
    label: str | None = None


@dataclass(frozen=True, slots=True)
class ServiceNode:
    """A service that init offers to its own parent, served by its children."""

    name: str
    policies: Node
    place: str = field(default="", compare=False)

    def forward(self, label: str) -> Forward | None:
        """Where a request with this label goes. None: no policy matches, or the policy names no child."""
        policy = select_policy(self.policies, label)
        child = None if policy is None else policy.sub_node("child")
        return None if child is None else Forward(child.name, child.attributes.get("label"))


class Config(NamedTuple):
    """The whole config. `complete` is False if an error hides the start nodes behind it."""

    parent_provides: frozenset[str]
    default_route: Route | None
    common: Common                      # what start nodes refer to
    preserve: Quota
    verbose: bool
    version: str
    report: ReportSettings | None       # None: no reports
    heartbeat: Duration | None          # period; None: no monitoring
    aliases: tuple[Alias, ...]
    services: tuple[ServiceNode, ...]
    starts: tuple[StartNode, ...]
    complete: bool
    warnings: tuple[str, ...]
    errors: tuple[str, ...]

    @classmethod
    def parse(cls, node: Node, before: Config | None = None) -> Config:
        """The config that `node` describes. What it says like the one `before` is taken over, without warnings."""
        reader = Reader()
        prio_levels = reader.accept(usable_prio_levels(reader.value(node, "prio_levels", 0)))
        common = Common(_default(node, reader), prio_levels, _space(node, reader))
        known = before.starts if before is not None and before.common == common else ()
        starts, complete = _starts(node, common, known, reader)
        return cls(
            parent_provides=service_names(node, "parent-provides"),
            default_route=parsed_route(node.sub_node("default-route"), reader),
            common=common,
            preserve=_preserved(node, reader),
            verbose=reader.value(node, "verbose", False),
            version=node.attributes.get("version", ""),
            report=_report(node, reader),
            heartbeat=_heartbeat(node, reader),
            aliases=_aliases(node, {start.name for start in starts}, reader),
            services=_services(node, reader),
            starts=starts,
            complete=complete,
            warnings=tuple(reader.warnings),
            errors=tuple(reader.errors))

    def spendable(self, available: Quota) -> tuple[Quota, tuple[str, ...]]:
        """What init may give to its children of what is `available` to it, with errors."""
        ram, caps, errors = available.ram - self.preserve.ram, available.caps - self.preserve.caps, list[str]()
        if ram < 0:
            errors.append("RAM preservation exceeds available memory")
        if caps < 0:
            errors.append("Capability preservation exceeds available capabilities")
        return Quota(Bytes(max(ram, 0)), max(caps, 0)), tuple(errors)


def _default(config: Node, reader: Reader) -> Quota:
    node = config.sub_node("default")
    return Quota() if node is None else Quota(reader.count(node, "ram", Bytes(0)), reader.count(node, "caps", 0))


def _space(config: Node, reader: Reader) -> Space | None:
    node = config.sub_node("affinity-space")
    if node is None:
        return None
    return Space(reader.count(node, "width", 1, least=1), reader.count(node, "height", 1, least=1))


def _starts(config: Node, common: Common, known: Iterable[StartNode],
            reader: Reader) -> tuple[tuple[StartNode, ...], bool]:
    before = {start.identity: start for start in known}
    starts: dict[Identity, StartNode] = {}
    for node in config.sub_nodes("start"):
        if not node.name:
            reader.warnings.append("missing 'name' attribute in '<start>' entry")
            reader.warnings.append("skipped startup of nameless child")
            reader.errors.append(f"child creation failed: the start node at {node.place} has no name; those behind it "
                                 "are left as they are")
            return tuple(starts.values()), False
        identity = node.name, node.attributes.get("version", "")
        if len(node.name) > NAME_LIMIT:
            reader.warnings.append(f"{node.place}: start node skipped, the name '{node.name[:NAME_LIMIT]}…' "
                                   f"is longer than {NAME_LIMIT} characters")
        elif identity in starts:
            reader.warnings.append(f"{node.place}: start node skipped, the one at {starts[identity].place} has the "
                                   f"same name '{node.name}' and the same version")
        elif len(starts) == MOST_CHILDREN:
            reader.errors.append(f"{node.place}: more than {MOST_CHILDREN} start nodes, so the children stay as they "
                                 "are; have an init start some of them within")
            return (), False
        elif (same := before.get(identity)) is not None and same.place == node.place and same.node == node:
            starts[identity] = same
        else:
            starts[identity] = StartNode.parse(node, common, reader)
    return tuple(starts.values()), True


def _preserved(config: Node, reader: Reader) -> Quota:
    ram, caps = PRESERVED.ram, PRESERVED.caps
    for resource in config.sub_nodes("resource"):
        if resource.name == "RAM":
            ram = reader.count(resource, "preserve", ram)
        elif resource.name == "CAP":
            caps = reader.count(resource, "preserve", caps)
    return Quota(ram, caps)


def _report(config: Node, reader: Reader) -> ReportSettings | None:
    node = config.sub_node("report")
    if node is None:
        return None
    return ReportSettings(
        ids=reader.value(node, "ids", False),
        requested=reader.value(node, "requested", False),
        provided=reader.value(node, "provided", False),
        session_args=reader.value(node, "session_args", False),
        child_ram=reader.value(node, "child_ram", False),
        child_caps=reader.value(node, "child_caps", False),
        init_ram=reader.value(node, "init_ram", False),
        init_caps=reader.value(node, "init_caps", False),
        delay=milliseconds(reader.count(node, "delay_ms", 100)),
        buffer=reader.count(node, "buffer", Bytes(4096)))


def _heartbeat(config: Node, reader: Reader) -> Duration | None:
    node = config.sub_node("heartbeat")
    return None if node is None else milliseconds(reader.count(node, "rate_ms", 1000, least=1))


def _aliases(config: Node, children: Collection[str], reader: Reader) -> tuple[Alias, ...]:
    aliases: dict[str, Alias] = {}
    for node in config.sub_nodes("alias"):
        child = node.attributes.get("child", "")
        if not child:
            reader.warnings.append(f'alias node "{node.name}" lacks child attribute')
        elif node.name in children or node.name in aliases:
            reader.warnings.append(f"{node.place}: alias node '{node.name}' ignored, the name is taken")
        else:
            aliases[node.name] = Alias(node.name, child, node.place)
    return tuple(aliases.values())


def _services(config: Node, reader: Reader) -> tuple[ServiceNode, ...]:
    services: dict[str, ServiceNode] = {}
    for node in config.sub_nodes("service"):
        services.setdefault(node.name, ServiceNode(node.name, node, node.place))
        reader.warnings += (f"{policy.place}: {policy.type} of service '{node.name}' lacks child node"
                            for policy in node.sub_nodes("policy", "default-policy")
                            if policy.sub_node("child") is None)
    return tuple(services.values())
