"""What init reads from its config, and what it says about what is wrong there."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastide.base.node import Node
from bastide.base.value import Bytes, milliseconds
from bastide.init.arguments import Space
from bastide.init.config import Alias, Config, Forward, Quota, ReportSettings
from bastide.init.start import Common


def parsed(content: str = "", attributes: str = "") -> Config:
    return Config.parse(Node.parse(f"config{attributes}\n{content.rstrip()}\n-\n", "init.config"))


# -- top level --------------------------------------------------------------------------------------------------------

def test_an_empty_config_has_defaults() -> None:
    config = parsed()
    assert config == Config(
        parent_provides=frozenset(), default_route=None, common=Common(), preserve=Quota(Bytes("320K"), 20),
        verbose=False, version="", report=None, heartbeat=None, aliases=(), services=(),
        starts=(), complete=True, warnings=(), errors=())


def test_top_level_attributes() -> None:
    config = parsed("", " | verbose: yes | prio_levels: 4 | version: v 2")
    assert (config.verbose, config.common.prio_levels, config.version) == (True, 4, "v 2")


@pytest.mark.parametrize("levels", ["3", "-4"])
def test_priority_bands_that_are_no_power_of_two_are_off(levels: str) -> None:
    config = parsed("", f" | prio_levels: {levels}")
    assert config.common.prio_levels == 0
    assert config.warnings == ("prio levels is not power of two, priorities are disabled",)


def test_nodes_of_unknown_type_are_ignored_silently() -> None:
    assert parsed("+ whatever | a: b\n  + start x") == parsed()


def test_parent_provides_names_services() -> None:
    assert parsed("+ parent-provides\n  + service ROM\n  + service LOG\n  + service").parent_provides == {"ROM", "LOG"}


def test_the_default_route_is_known_as_such() -> None:
    route = parsed("+ default-route | + any-service | + parent").default_route
    assert route is not None
    assert route.shared and [str(rule) for rule in route.rules] == ["+ any-service | + parent"]


def test_an_affinity_space_is_one_by_one_unless_it_says_more() -> None:
    assert parsed("+ affinity-space").common.space == Space(1, 1)
    assert parsed("+ affinity-space | width: 4 | height: 2").common.space == Space(4, 2)


def test_a_report_node_without_attributes_wants_basic_reports() -> None:
    assert parsed("+ report").report == ReportSettings(delay=milliseconds(100), buffer=Bytes("4K"))


@pytest.mark.parametrize("detail", ["ids", "requested", "provided", "session_args", "child_ram", "child_caps",
                                    "init_ram", "init_caps"])
def test_each_detail_of_the_report_is_chosen_on_its_own(detail: str) -> None:
    choice: dict[str, Any] = {detail: True}
    assert parsed(f"+ report | {detail}: yes").report == ReportSettings(**choice)


def test_delay_and_buffer_of_the_report() -> None:
    report = parsed("+ report | delay_ms: 0 | buffer: 1M").report
    assert report is not None and (report.delay, report.buffer) == (0, Bytes("1M"))


def test_the_heartbeat_has_a_period_of_a_second_unless_it_says_otherwise() -> None:
    assert parsed("+ heartbeat").heartbeat == milliseconds(1000)
    assert parsed("+ heartbeat | rate_ms: 50").heartbeat == milliseconds(50)


def test_a_heartbeat_without_pause_is_refused() -> None:
    config = parsed("+ heartbeat | rate_ms: 0")
    assert config.heartbeat == milliseconds(1000)
    assert config.warnings == ("init.config:2:1: rate_ms: expected a number from 1 to 2^63-1, using 1000",)


def test_init_preserves_what_the_config_tells() -> None:
    config = parsed("+ resource RAM | preserve: 2M\n+ resource CAP | preserve: 7\n+ resource CPU | preserve: 1")
    assert config.preserve == Quota(Bytes("2M"), 7)
    assert parsed("+ resource RAM | preserve: 2M").preserve == Quota(Bytes("2M"), 20)
    assert parsed("+ resource RAM").preserve == Quota(Bytes("320K"), 20)


def test_preserved_resources_are_not_spendable() -> None:
    config = parsed("+ resource RAM | preserve: 2M\n+ resource CAP | preserve: 7")
    assert config.spendable(Quota(Bytes("5M"), 10)) == (Quota(Bytes("3M"), 3), ())
    assert config.spendable(Quota(Bytes("2M"), 7)) == (Quota(), ())


def test_a_preservation_of_more_than_there_is_leaves_nothing() -> None:
    config = parsed("+ resource RAM | preserve: 2M\n+ resource CAP | preserve: 7")
    assert config.spendable(Quota(Bytes("1M"), 10)) == (
        Quota(Bytes(0), 3), ("RAM preservation exceeds available memory",))
    assert config.spendable(Quota(Bytes("3M"), 6)) == (
        Quota(Bytes("1M"), 0), ("Capability preservation exceeds available capabilities",))


def test_an_alias_names_a_child() -> None:
    config = parsed("+ alias time | child: clock\n+ start clock")
    assert config.aliases == (Alias("time", "clock"),)
    assert config.aliases[0].place == "init.config:2:1"


def test_an_alias_without_child_is_reported() -> None:
    config = parsed("+ alias time")
    assert config.aliases == ()
    assert config.warnings == ('alias node "time" lacks child attribute',)


def test_aliases_and_children_share_one_name_space() -> None:
    config = parsed("+ alias x | child: y\n+ start x\n+ alias z | child: y\n+ alias z | child: x")
    assert config.aliases == (Alias("z", "y"),)
    assert config.warnings == ("init.config:2:1: alias node 'x' ignored, the name is taken",
                               "init.config:5:1: alias node 'z' ignored, the name is taken")


def test_an_unreadable_value_is_reported_and_the_default_is_used() -> None:
    config = parsed("+ default | ram: much", " | verbose: perhaps")
    assert (config.common.default.ram, config.verbose) == (0, False)
    assert len(config.warnings) == 2
    assert all(warning.startswith("init.config:") for warning in config.warnings)
    assert "'perhaps'" in config.warnings[1] and config.warnings[1].endswith(", using no")
    assert "'much'" in config.warnings[0] and config.warnings[0].endswith(", using 0")


# -- exported services ------------------------------------------------------------------------------------------------

SERVICE = """
+ service LOG
  + policy | label_prefix: net | + child log-a
  + policy | label: net -> odd | + child log-c | label: rest
  + default-policy | + child log-b | label:
"""


@pytest.mark.parametrize(("label", "forward"), [
    ("net -> nic", Forward("log-a", None)),
    ("net -> odd", Forward("log-c", "rest")),
    ("other", Forward("log-b", "")),
])
def test_a_request_of_the_parent_is_forwarded_by_policy(label: str, forward: Forward) -> None:
    [service] = parsed(SERVICE).services
    assert service.name == "LOG"
    assert service.forward(label) == forward


def test_without_matching_policy_nothing_is_forwarded() -> None:
    [service] = parsed("+ service LOG\n  + policy | label: a | + child b").services
    assert service.forward("z") is None


def test_a_policy_without_child_is_reported() -> None:
    config = parsed("+ service LOG\n  + policy | label: a\n+ service LOG | + default-policy | + child b")
    assert config.services[0].forward("a") is None
    assert len(config.services) == 1
    assert config.warnings == ("init.config:3:3: policy of service 'LOG' lacks child node",)


# -- the list of start nodes -------------------------------------------------------------------------------------------

def test_start_nodes_keep_their_order() -> None:
    assert [child.name for child in parsed("+ start c\n+ alias d | child: c\n+ start a\n+ start b").starts] == [*"cab"]


def test_a_nameless_start_node_stops_the_update_there() -> None:
    config = parsed("+ start a\n+ start | caps: 1\n+ start b\n+ alias c | child: a")
    assert [child.name for child in config.starts] == ["a"]
    assert config.warnings == ("missing 'name' attribute in '<start>' entry", "skipped startup of nameless child")
    assert config.errors == ("child creation failed: the start node at init.config:3:1 has no name; those behind it "
                             "are left as they are",)
    assert not config.complete
    assert config.aliases == (Alias("c", "a"),)


def test_a_crowd_of_start_nodes_changes_no_children() -> None:
    config = parsed("".join(f"+ start c{number}\n" for number in range(4097)))
    assert (config.starts, config.complete) == ((), False)
    assert config.errors == ("init.config:4098:1: more than 4096 start nodes, so the children stay as they are; "
                             "have an init start some of them within", )
    assert len(parsed("".join(f"+ start c{number}\n" for number in range(4096))).starts) == 4096


def test_names_have_at_most_63_characters() -> None:
    config = parsed(f"+ start {'n' * 64}\n+ start {'m' * 63}")
    assert [child.name for child in config.starts] == ["m" * 63]
    assert config.warnings == (
        f"init.config:2:1: start node skipped, the name '{'n' * 63}…' is longer than 63 characters",)


def test_of_start_nodes_with_equal_name_and_version_the_first_counts() -> None:
    config = parsed("+ start a | caps: 1\n+ start a | caps: 2\n+ start a | version: 2 | caps: 3")
    assert [child.caps for child in config.starts] == [1, 3]
    assert config.warnings == (
        "init.config:3:1: start node skipped, the one at init.config:2:1 has the same name 'a' and the same version",)


def test_start_nodes_that_say_the_same_are_equal_wherever_they_stand() -> None:
    text = "+ start a\n  + config | b: c\n  + route | + service ROM | label: a | + child b\n"
    assert parsed(text).starts == parsed("\n. a comment\n\n".join(["+ report", text])).starts
    assert parsed(text).starts != parsed(text.replace("child b", "child c")).starts


# -- both syntaxes ----------------------------------------------------------------------------------------------------

XML = """<config prio_levels="2" verbose="yes">
  <parent-provides> <service name="ROM"/> <service name="LOG"/> </parent-provides>
  <default-route> <any-service> <parent/> <any-child/> </any-service> </default-route>
  <default caps="100" ram="1M"/>
  <start name="clock"> <provides> <service name="Timer"/> </provides> </start>
  <start name="job-1" caps="150" ram="4M" priority="-1">
    <binary name="job"/>
    <config count="3"/>
    <route>
      <service name="ROM" label="input"> <parent label="job-1.data"/> </service>
      <any-service> <parent/> </any-service>
    </route>
  </start>
</config>
"""
HID = """config | prio_levels: 2 | verbose: yes
+ parent-provides
  + service ROM
  + service LOG
+ default-route
  + any-service
    + parent
    + any-child
+ default | caps: 100 | ram: 1M
+ start clock
  + provides | + service Timer
+ start job-1 | caps: 150 | ram: 4M | priority: -1
  + binary job
  + config | count: 3
  + route
    + service ROM | label: input | + parent | label: job-1.data
    + any-service | + parent
-
"""


def test_both_syntaxes_say_the_same() -> None:
    config = Config.parse(Node.parse(HID))
    assert Config.parse(Node.parse(XML)) == config
    assert [child.name for child in config.starts] == ["clock", "job-1"]
    assert config.warnings == ()


# -- hostile configs --------------------------------------------------------------------------------------------------

def test_a_huge_config_makes_no_more_than_its_size() -> None:
    rules = tuple(Node("any-service", {"label": "a", "unscoped_label": "b"}) for _ in range(3000))
    starts = tuple(Node("start", {"name": f"c{number}", "ram": "x"}, (Node("route", {}, rules[:3]),))
                   for number in range(3000))
    config = Config.parse(Node("config", {}, (*starts, *starts, Node("default-route", {}, rules))))
    assert len(config.starts) == 3000
    # One warning per start node for its ram, three for its route, one for its duplicate; one per rule of the default.
    assert len(config.warnings) == 3000 * 6


TYPES = ["config", "start", "route", "service", "any-service", "parent", "child", "default", "affinity-space", "report",
         "affinity", "resource", "alias", "policy", "default-policy", "provides", "heartbeat", "exit", "binary",
         "parent-provides", "default-route"]
KEYS = ["name", "ram", "caps", "priority", "prio_levels", "width", "height", "xpos", "label", "unscoped_label", "child",
        "quantum", "preserve", "rate_ms", "delay_ms", "version", "propagate", "verbose"]
VALUES = st.sampled_from(["", "x", "RAM", "CAP", "-1", "0", "1", "4", "16K", "yes", "9" * 30, "0x", "é"])
NODES = st.recursive(
    st.builds(Node, st.sampled_from(TYPES), st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=4)),
    lambda inner: st.builds(Node, st.sampled_from(TYPES), st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=4),
                            st.lists(inner, max_size=4).map(tuple)))


@given(st.lists(NODES, max_size=6), st.dictionaries(st.sampled_from(KEYS), VALUES))
def test_no_config_fails_to_parse_and_all_amounts_are_valid(nodes: list[Node], attributes: dict[str, str]) -> None:
    config = Config.parse(Node("config", attributes, tuple(nodes)))
    assert config.complete == (config.errors == ())
    for child in config.starts:
        assert child.ram >= 0 and child.caps >= 0
        assert -max(config.common.prio_levels - 1, 0) <= child.priority <= 0
        assert 0 < child.affinity.xpos + child.affinity.width <= child.affinity.space_width


def test_a_start_node_that_says_the_same_at_the_same_place_is_taken_over() -> None:
    text = "+ default | ram: 1M\n+ start a\n  + config | x: 1\n+ start b | priority: 7\n"
    first = parsed(text)
    second = Config.parse(Node.parse(f"config\n{text.replace('x: 1', 'x: 2')}\n-\n", "init.config"), first)
    assert second.starts[0] is not first.starts[0] and second.starts[1] is first.starts[1]
    assert (first.warnings, second.warnings) == (("b: invalid priority, upgrading from 7 to 0",), ())


@pytest.mark.parametrize("change", [
    "+ default | ram: 2M", "\n+ default | ram: 1M", "prio_levels: 2\n+ default | ram: 1M"])
def test_a_start_node_is_read_anew_if_what_it_refers_to_changed_or_it_moved(change: str) -> None:
    text = "+ default | ram: 1M\n+ start a\n"
    first = parsed(text)
    changed = text.replace("+ default | ram: 1M", change)
    second = Config.parse(Node.parse(f"config\n{changed}\n-\n", "init.config"), first)
    assert second.starts[0] is not first.starts[0]
