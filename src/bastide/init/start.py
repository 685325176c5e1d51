"""Start nodes: one child of init as the config wants it to be.

A start node never fails to parse: a wrong value becomes a warning of the reader. What applies to all children (default
quota, priority bands, affinity space) comes as `Common`. This file starts no child.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from bastide.base.node import Node
from bastide.base.session import Affinity
from bastide.base.value import Bytes
from bastide.init.arguments import Location, Space, child_affinity, usable_priority
from bastide.init.reading import Reader
from bastide.init.route import Route

CONFIG_DEPTH = 20                       # levels of nodes below an inline config that reach the child


Identity = tuple[str, str]
"""Name and version of a child."""


class Quota(NamedTuple):
    """RAM and capabilities, traded together."""

    ram: Bytes = Bytes(0)
    caps: int = 0


class Common(NamedTuple):
    """What start nodes refer to."""

    default: Quota = Quota()
    prio_levels: int = 0                # 0: priorities are off
    space: Space | None = None


class Heartbeat(NamedTuple):
    """Monitor the child; restart it when more than so many heartbeats were skipped, 0 for never."""

    restart_after_skipped: int = 0


@dataclass(frozen=True, slots=True)
class StartNode:
    """One child as it shall be. `name` and `version` are its identity: a changed version is a new child.

    Two start nodes that say the same compare equal, wherever they stand.
    """

    name: str
    version: str
    binary: str
    ram: Bytes
    caps: int
    priority: int                       # 0 or negative, within the bands
    ld: bool
    managing_system: bool
    config: Node | None
    route: Route | None                 # None: the default-route at the time the child is created
    provides: frozenset[str]
    affinity: Affinity
    heartbeat: Heartbeat | None
    exit_propagate: bool
    place: str = field(compare=False)
    node: Node = field(compare=False, repr=False)

    @property
    def identity(self) -> Identity:
        return self.name, self.version

    @property
    def quota(self) -> Quota:
        return Quota(self.ram, self.caps)

    @classmethod
    def parse(cls, node: Node, common: Common, reader: Reader) -> StartNode:
        """The child that `node`, which has a name, describes."""
        name, binary, exit_node = node.name, node.sub_node("binary"), node.sub_node("exit")
        quota = _quota(node, common.default, reader)
        return cls(
            name=name,
            version=node.attributes.get("version", ""),
            binary=binary.name or name if binary is not None else name,
            ram=quota.ram,
            caps=quota.caps,
            priority=reader.accept(usable_priority(name, reader.value(node, "priority", 0), common.prio_levels)),
            ld=reader.value(node, "ld", True),
            managing_system=reader.value(node, "managing_system", False),
            config=_inline_config(node, reader),
            route=parsed_route(node.sub_node("route"), reader),
            provides=service_names(node, "provides"),
            affinity=_affinity(node, common.space, reader),
            heartbeat=_heartbeat(node, reader),
            exit_propagate=exit_node is not None and reader.value(exit_node, "propagate", False),
            place=node.place,
            node=node)


def parsed_route(node: Node | None, reader: Reader) -> Route | None:
    """The route that `node` describes, if there is one."""
    if node is None:
        return None
    route = Route.parse(node)
    reader.warnings += route.warnings
    return route


def service_names(node: Node, list_type: str) -> frozenset[str]:
    """The services named in the sub nodes of type `list_type`."""
    return frozenset(service.name for listed in node.sub_nodes(list_type)
                     for service in listed.sub_nodes("service") if service.name)


def _quota(start: Node, default: Quota, reader: Reader) -> Quota:
    ram, caps = reader.count(start, "ram", default.ram), reader.count(start, "caps", default.caps)
    for resource in start.sub_nodes("resource"):        # the legacy form
        if resource.name == "RAM":
            if "ram" in start.attributes:
                reader.warnings.append(f"{start.name}: ambigious RAM-quota definition")
            ram = reader.count(resource, "quantum", ram)
        elif resource.name == "CAP":
            caps = reader.count(resource, "quantum", caps)
    return Quota(ram, caps)


def _inline_config(start: Node, reader: Reader) -> Node | None:
    config = start.sub_node("config")
    if config is None or not _deeper(config, CONFIG_DEPTH):
        return config
    reader.warnings.append(f"{start.name}: config structure exceeds max depth")
    return _cut(config, CONFIG_DEPTH)


def _affinity(start: Node, space: Space | None, reader: Reader) -> Affinity:
    node, location = start.sub_node("affinity"), None
    if node is not None:
        whole = space or Space()
        location = Location(reader.count(node, "xpos", 0), reader.count(node, "ypos", 0),
                            reader.count(node, "width", 1 if "xpos" in node.attributes else whole.width),
                            reader.count(node, "height", 1 if "ypos" in node.attributes else whole.height))
    return reader.accept(child_affinity(start.name, space, location))


def _heartbeat(start: Node, reader: Reader) -> Heartbeat | None:
    node = start.sub_node("heartbeat")
    return None if node is None else Heartbeat(reader.count(node, "restart_after_skipped", 0))


def _deeper(node: Node, levels: int) -> bool:
    return any(levels == 0 or _deeper(child, levels - 1) for child in node.sub_nodes())


def _cut(node: Node, levels: int) -> Node:
    children = tuple(_cut(child, levels - 1) for child in node.sub_nodes()) if levels else ()
    return Node(node.type, node.attributes, children, node.text, node.place)
