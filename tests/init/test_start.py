"""What init reads from the start node of one child, and what it says about what is wrong there."""

from __future__ import annotations

import pytest

from bastide.base.node import Node
from bastide.base.session import Affinity
from bastide.base.value import Bytes
from bastide.init.config import Config, Heartbeat, StartNode
from bastide.init.start import CONFIG_DEPTH


def start(content: str = "", attributes: str = "", config: str = "", top: str = "") -> tuple[StartNode, Config]:
    inner = "\n".join(f"  {line}" for line in content.splitlines())
    text = f"config{top}\n{config}\n+ start x{attributes}\n{inner}".rstrip()
    result = Config.parse(Node.parse(f"{text}\n-\n", "init.config"))
    return result.starts[-1], result


def test_a_start_node_has_defaults() -> None:
    child, config = start()
    assert child == StartNode(
        name="x", version="", binary="x", ram=Bytes(0), caps=0, priority=0, ld=True, managing_system=False, config=None,
        route=None, provides=frozenset(), affinity=Affinity(1, 1, 0, 0, 1, 1), heartbeat=None, exit_propagate=False,
        place="", node=Node("start"))
    assert child.place == "init.config:3:1"
    assert config.warnings == ()


def test_start_attributes() -> None:
    child, config = start(attributes=" | version: v1 | ram: 4M | caps: 150 | priority: -1 | ld: no"
                                     " | managing_system: yes", top=" | prio_levels: 2")
    assert (child.version, child.ram, child.caps, child.priority) == ("v1", Bytes("4M"), 150, -1)
    assert (child.ld, child.managing_system, config.warnings) == (False, True, ())


def test_quota_comes_from_the_default_unless_given() -> None:
    child, _ = start(config="+ default | ram: 1M | caps: 100")
    assert (child.ram, child.caps) == (Bytes("1M"), 100)
    child, _ = start(attributes=" | caps: 7", config="+ default | ram: 1M | caps: 100")
    assert (child.ram, child.caps) == (Bytes("1M"), 7)


def test_the_legacy_resource_node_overrides_the_attribute() -> None:
    child, config = start("+ resource RAM | quantum: 3M\n+ resource CAP | quantum: 9", " | ram: 1M | caps: 1")
    assert (child.ram, child.caps) == (Bytes("3M"), 9)
    assert config.warnings == ("x: ambigious RAM-quota definition",)


def test_the_legacy_resource_node_alone_is_not_ambiguous() -> None:
    child, config = start("+ resource RAM | quantum: 3M", config="+ default | ram: 1M")
    assert (child.ram, config.warnings) == (Bytes("3M"), ())


@pytest.mark.parametrize("attribute", ["ram: -1", "ram: 1T", "caps: -1", f"caps: {1 << 63}", f"ram: {'9' * 99}"])
def test_quota_that_is_no_amount_is_reported_and_the_default_is_used(attribute: str) -> None:
    child, config = start(attributes=f" | {attribute}", config="+ default | ram: 1M | caps: 100")
    assert (child.ram, child.caps) == (Bytes("1M"), 100)
    assert len(config.warnings) == 1
    assert config.warnings[0].startswith("init.config:3:1: ") and ", using 1" in config.warnings[0]


def test_a_priority_beyond_the_bands_is_reported() -> None:
    child, config = start(attributes=" | priority: -5", top=" | prio_levels: 4")
    assert child.priority == -3
    assert config.warnings == ("x: invalid priority, upgrading from -5 to -3",)


@pytest.mark.parametrize(("content", "binary"), [("+ binary job", "job"), ("+ binary", "x"), ("", "x")])
def test_the_binary_is_called_like_the_child_unless_named(content: str, binary: str) -> None:
    assert start(content)[0].binary == binary


def test_the_inline_config_is_kept_with_attributes_and_content() -> None:
    config = start("+ config | count: 3\n  + inner | a: b")[0].config
    assert config == Node("config", {"count": "3"}, (Node("inner", {"a": "b"}),))


def nested(levels: int) -> Node:
    node = Node("level", {"number": str(levels)})
    for number in range(levels - 1, 0, -1):
        node = Node("level", {"number": str(number)}, (node,))
    return Node("config", {}, (node,))


def depth(node: Node) -> int:
    return max((1 + depth(child) for child in node.sub_nodes()), default=0)


def started(*content: Node) -> Config:
    return Config.parse(Node("config", {}, (Node("start", {"name": "x"}, content),)))


def test_an_inline_config_of_the_maximum_depth_is_kept() -> None:
    config = started(nested(CONFIG_DEPTH))
    assert config.starts[0].config == nested(20)
    assert config.warnings == ()


def test_a_deeper_inline_config_is_cut_and_reported() -> None:
    config = started(nested(21))
    assert config.starts[0].config == nested(20)
    assert config.warnings == ("x: config structure exceeds max depth",)


def test_an_own_route_is_not_shared_and_its_warnings_are_collected() -> None:
    child, config = start("+ route\n  + service ROM | label: a | unscoped_label: b | + parent")
    assert child.route is not None and not child.route.shared
    assert config.warnings == ("service node contains both scoped and unscoped label attributes (init.config:5:5)",)


def test_provides_names_services() -> None:
    assert start("+ provides\n  + service Timer\n  + service Nic")[0].provides == {"Timer", "Nic"}


SPACE = "+ affinity-space | width: 4 | height: 2"


@pytest.mark.parametrize(("node", "location"), [
    ("+ affinity", (0, 0, 4, 2)),
    ("+ affinity | xpos: 1", (1, 0, 1, 2)),
    ("+ affinity | ypos: 1", (0, 1, 4, 1)),
    ("+ affinity | xpos: 1 | ypos: 1 | width: 3", (1, 1, 3, 1)),
    ("", (0, 0, 4, 2)),
])
def test_affinity_defaults(node: str, location: tuple[int, int, int, int]) -> None:
    child, config = start(node, config=SPACE)
    assert child.affinity == Affinity(4, 2, *location)
    assert config.warnings == ()


def test_an_affinity_beyond_the_space_is_reported() -> None:
    child, config = start("+ affinity | xpos: 4", config=SPACE)
    assert child.affinity == Affinity(4, 2, 0, 0, 4, 2)
    assert config.warnings == ("x: affinity location exceeds affinity-space boundary",)


def test_an_affinity_without_space_is_reported() -> None:
    child, config = start("+ affinity | xpos: 0")
    assert child.affinity == Affinity(1, 1, 0, 0, 1, 1)
    assert config.warnings == ("affinity-space configuration missing, but affinity defined for child x",)


@pytest.mark.parametrize(("node", "heartbeat"), [
    ("", None), ("+ heartbeat", Heartbeat(0)), ("+ heartbeat | restart_after_skipped: 3", Heartbeat(3))])
def test_the_presence_of_a_heartbeat_node_enables_monitoring(node: str, heartbeat: Heartbeat | None) -> None:
    assert start(node)[0].heartbeat == heartbeat


@pytest.mark.parametrize(("node", "propagate"), [("", False), ("+ exit", False), ("+ exit | propagate: yes", True)])
def test_exit_is_propagated_on_demand(node: str, propagate: bool) -> None:
    assert start(node)[0].exit_propagate is propagate


def test_a_config_of_the_maximum_depth_is_parsed() -> None:
    config = started(nested(198), Node("route", {}, (nested(150),)), Node("provides", {}, (nested(150),)))
    inline = config.starts[0].config
    assert inline is not None and depth(inline) == CONFIG_DEPTH
