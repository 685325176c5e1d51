"""Systems as values that travel."""

from __future__ import annotations

import json

from bastide.tool.graph.model import Amount, Component, Link, Session, System

SYSTEM = System("hello", Component("core", children=(
    Component("init", "init", children=(
        Component("init -> server", "hello_server", ("Hello",), ram=Amount(1 << 20, 4096), caps=Amount(50), cpu=0.5),
        Component("init -> client", "hello_client", problems=("no route to service \"Hello\"",), restarts=2)),),)),
    (Session("init -> client", "Hello", "init -> server", "client", Link.OPEN, 8192, 4),
     Session("init -> client", "Nic", "", "client", Link.DENIED, explanation="nobody provides it")))


def test_a_system_comes_back_from_json_as_it_was() -> None:
    assert System.from_json(json.loads(json.dumps(SYSTEM.to_json()))) == SYSTEM


def test_the_name_of_a_component_is_the_last_element_of_its_label() -> None:
    assert [child.name for child in SYSTEM.root.children[0].children] == ["server", "client"]
