"""What the top component of a run is told: what people wrote, plus what the tool needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from bastide.base import Node
from bastide.tool.configuration import QUOTAS, SESSIONS, Configuration, renewed, reporting
from bastide.tool.scenario import Scenario, parse_scenario

DETAILS = {**SESSIONS, "delay_ms": "100", "buffer": "65536"}


def scenario(config: str, *, requires: str = "", binary: str = "init") -> Scenario:
    return parse_scenario(f"runtime | ram: 64M | caps: 1000 | binary: {binary}\n{requires}{config}-\n", "town",
                          Path("runtime"))


@pytest.mark.parametrize(("known", "expected"), [
    ("", {"ids": "yes", "requested": "yes", "provided": "yes", "delay_ms": "100", "buffer": "65536"}),
    ("+ report | child_ram: yes | delay_ms: 500 | buffer: 1M",
     {**SESSIONS, "child_ram": "yes", "delay_ms": "500", "buffer": "1048576"}),
    ("+ report | requested: no | delay_ms: 0 | buffer: 4K", {**SESSIONS, "delay_ms": "100", "buffer": "65536"}),
])
def test_reports_get_the_details_they_lack_and_keep_what_they_have(known: str, expected: dict[str, str]) -> None:
    config = Node.parse(f"config\n+ start a\n{known}\n+ start b\n-\n")
    made = reporting(config, DETAILS)
    report = made.sub_node("report")
    assert report is not None and dict(report.attributes) == expected
    assert [node.name for node in made.sub_nodes("start")] == ["a", "b"]
    assert len(made.children) == 3


def test_to_report_moves_no_other_node_to_another_line() -> None:
    config = Node.parse("config\n+ start a\n  + route\n+ start b\n-\n")
    before = str(config).splitlines()
    assert str(reporting(config, DETAILS)).splitlines()[:len(before) - 1] == before[:-1]


def test_components_that_come_and_go_change_the_buffer_of_reports_only_when_there_are_twice_as_many() -> None:
    configuration = Configuration(scenario("+ config\n"))
    changes = [room for room in range(0, 200_000, 1000) if configuration.report_state(SESSIONS, room=room)]
    assert changes == [0, 66_000, 132_000]
    assert not any(configuration.report_state(SESSIONS, room=room) for room in range(0, 200_000, 1000))
    assert configuration.top is not None
    report = configuration.top.sub_node("report")
    assert report is not None and report.attributes["buffer"] == "262144"


def test_the_config_of_people_stays_what_they_wrote() -> None:
    configuration = Configuration(scenario("+ config\n  + start a\n"))
    written = configuration.config
    assert configuration.report_state(SESSIONS)
    assert not configuration.report_state(SESSIONS)
    configuration.renew({"a": 2})
    assert configuration.config is written
    top = configuration.top
    assert top is not None and top.sub_node("report") is not None
    start = top.sub_node("start")
    assert start is not None and start.attributes["version"] == "+2"


def test_an_init_around_reports_only_if_it_is_asked_to() -> None:
    configuration = Configuration(scenario("+ config\n  + start a\n", requires="+ requires | + timer\n"))
    configuration.report_state(QUOTAS)
    assert configuration.top is not None and configuration.top.sub_node("report") is None
    assert configuration.report_state(SESSIONS, surroundings=True)
    report = configuration.top.sub_node("report")
    assert report is not None and report.attributes["requested"] == "yes"


def test_another_program_than_init_is_told_nothing_of_reports() -> None:
    configuration = Configuration(scenario("+ config | tune: 3\n", binary="player"))
    assert not configuration.report_state(SESSIONS)
    assert configuration.top == configuration.config


def test_a_changed_binary_renews_what_runs_it_at_every_depth() -> None:
    config = Node.parse("""config
+ start a | + binary tool
+ start tool | version: 7
+ start nested
  + binary init
  + config
    + start b
      + binary tool
+ start other
-""", "config")
    renewal = renewed(config, {"tool": 3})
    versions = [start.attributes.get("version") for start in renewal.sub_nodes("start")]
    assert versions == ["+3", "7+3", None, None]
    inner = list(renewal.sub_nodes("start"))[2].sub_node("config")
    assert inner is not None
    assert [start.attributes.get("version") for start in inner.sub_nodes("start")] == ["+3"]
    assert renewed(config, {}) == config
