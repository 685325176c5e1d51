"""How a picture is put together from what core knows and what inits report."""

from __future__ import annotations

import json

from bastide.base import Node
from bastide.tool.graph.model import Amount, Component, Link, Session, System
from bastide.tool.live.snapshot import Domain, Seen, assemble

CONFIG = Node.parse("""config
+ start clock | + provides | + service Timer
+ start panel | + config
+ start inner
  + binary init
  + config
    + start lamp
-""")
OUTER = """state
+ child clock | binary: clock
  + provided
    + session Timer | state: OK | label: panel -> tick
    + session Timer | state: CREATING | label: inner -> lamp -> blink
+ child panel | binary: panel | exited: 3
  + requested
    + session Timer | state: OK | label: panel -> tick | ram: 10K | caps: 2
    + session ROM | state: OK | label: panel -> config
    + session ROM | state: OK | label: panel -> picture
+ child inner | binary: init | state: incomplete
  + requested
    + session PD | state: OK | label: inner
    + session Timer | state: CREATING | label: inner -> lamp -> blink
    + session ROM | state: OK | label: inner -> config
-"""
INNER = """state
+ child lamp | binary: lamp
  + requested
    + session Timer | state: CREATING | label: lamp -> blink
    + session Dimmer | state: OK | label: other words
  + problem denied
    : child "dimmer" denied a Color session with label "lamp -> red": it is broken
  + problem program
    : it is too hot
+ child dimmer | binary: dimmer
  + provided
    + session Dimmer | state: OK | label: other words
-"""


def seen(*labels: str, births: dict[str, int] | None = None) -> Seen:
    amount = Amount(100, 10)
    return Seen("init", amount, amount, tuple(Domain(label, amount, amount, 0.5) for label in labels), births or {})


def picture(reports: dict[str, str], *labels: str, births: dict[str, int] | None = None) -> System:
    parsed = {label: Node.parse(text) for label, text in reports.items()}
    return assemble("town", seen("init", *labels, births=births), "init", CONFIG, parsed.get)


def found(system: System, label: str) -> Component:
    todo = [system.root]
    while todo:
        box = todo.pop()
        if box.label == label:
            return box
        todo += box.children
    raise AssertionError(label)


def links(system: System) -> set[tuple[str, str, str, str]]:
    return {(session.client, session.service, session.server, session.label) for session in system.sessions}


INNER_LAMP = "init -> inner -> lamp"


def test_sessions_are_followed_through_an_init_to_their_server() -> None:
    system = picture({"init": OUTER, "init -> inner": INNER}, "init -> clock", "init -> inner", INNER_LAMP)
    assert links(system) == {
        ("init -> panel", "Timer", "init -> clock", "tick"),
        ("init -> panel", "ROM", "core", "config"),             # it did not run when core was asked
        ("init -> panel", "ROM", "core", "picture"),
        ("init -> inner", "PD", "core", ""),
        ("init -> inner", "ROM", "init", "config"),
        (INNER_LAMP, "Timer", "init -> clock", "blink"),
        (INNER_LAMP, "Dimmer", "init -> inner -> dimmer", "other words"),
        (INNER_LAMP, "Color", "", "red"),
    }
    by_label = {session.label: session for session in system.sessions}
    assert by_label["blink"].link is Link.WAITING
    assert by_label["tick"] == Session("init -> panel", "Timer", "init -> clock", "tick", Link.OPEN, 10240, 2)
    assert by_label["red"].link is Link.DENIED


def test_sessions_without_a_name_of_their_own_are_followed_too() -> None:
    nameless = {label: text.replace(" -> blink", " ->") for label, text in (("init", OUTER), ("init -> inner", INNER))}
    system = picture(nameless, "init -> clock", "init -> inner", INNER_LAMP)
    assert (INNER_LAMP, "Timer", "init -> clock", "") in links(system)


def test_of_an_init_that_does_not_report_one_sees_what_leaves_it() -> None:
    system = picture({"init": OUTER}, "init -> clock", "init -> inner", INNER_LAMP)
    assert (INNER_LAMP, "Timer", "init -> clock", "blink") in links(system)
    assert found(system, INNER_LAMP).binary == "lamp"
    assert not any(session.service == "Dimmer" for session in system.sessions)


def test_what_is_wrong_is_told() -> None:
    system = picture({"init": OUTER, "init -> inner": INNER}, "init -> inner", INNER_LAMP)
    assert found(system, "init -> panel").state == "exited with 3"
    assert found(system, "init -> panel").ram is None
    assert found(system, "init -> inner").state == "incomplete"
    assert found(system, INNER_LAMP).problems[1] == "it is too hot"


def test_without_any_report_there_are_domains_and_what_the_config_says_of_them() -> None:
    system = picture({}, "init -> clock", births={"init": 1, "init -> clock": 4})
    clock = found(system, "init -> clock")
    assert (clock.provides, clock.restarts, clock.ram, clock.cpu) == (("Timer",), 3, Amount(100, 10), 0.5)
    assert system.sessions == ()
    assert [box.label for box in found(system, "init").children] == ["init -> clock"]


def test_domains_of_the_same_label_are_one_box() -> None:
    system = picture({}, "init -> twin", "init -> twin")
    twin = found(system, "init -> twin")
    assert (twin.ram, twin.caps, twin.cpu) == (Amount(200, 20), Amount(200, 20), 1.0)


def test_a_domain_whose_parent_is_unknown_is_in_the_nearest_box_that_is_known() -> None:
    system = picture({}, "init -> gone -> left", "init -> a -> ")
    assert {box.label for box in found(system, "init").children} == {"init -> gone -> left", "init -> a -> "}


def test_a_report_of_a_component_that_is_no_init_is_not_believed() -> None:
    lie = "state\n+ child crown | binary: gold\n-"
    system = picture({"init": OUTER, "init -> clock": lie}, "init -> clock")
    assert found(system, "init -> clock").children == ()


def test_an_init_that_lies_about_its_children_changes_nothing_but_its_own_box() -> None:
    names = [" -> ".join(["a"] * depth) for depth in range(1, 600)] + [" -> ", " -> lamp", "->", "x" * 10_000]
    lie = "state\n" + "".join(f"+ child {name} | binary: init | ram: lots\n  + requested | + session LOG | ram: -1\n"
                              for name in names) + "-"
    labels = ("init -> clock", "init -> inner", INNER_LAMP)
    honest = picture({"init": OUTER}, *labels)
    system = picture({"init": OUTER, "init -> inner": lie}, *labels)
    assert System.from_json(json.loads(json.dumps(system.to_json()))) == system
    assert found(system, "init -> clock") == found(honest, "init -> clock")
    assert {box.label for box in found(system, "init -> inner").children} == {
        "init -> inner -> a", "init -> inner -> ->", f"init -> inner -> {'x' * 10_000}", INNER_LAMP}


def test_an_init_has_no_more_to_say_than_an_init_could() -> None:
    problems = "".join("  + problem denied\n    : " + "`no` " * 10_000 + "\n" for _ in range(30))
    lie = f"state\n+ child lamp\n{problems}" + "".join(f"+ child c{number}\n" for number in range(5000)) + "-"
    inner = found(picture({"init": OUTER, "init -> inner": lie}, "init -> inner"), "init -> inner")
    assert len(inner.children) == 4096
    lamp = next(box for box in inner.children if box.label == INNER_LAMP)
    assert [len(problem) for problem in lamp.problems] == [2000] * 10


def test_another_program_than_init_has_no_children_by_its_config() -> None:
    system = assemble("town", seen("init", "init -> clock"), "player", CONFIG, lambda label: None)
    assert found(system, "init").binary == "player"
    assert found(system, "init -> clock").provides == ()


def test_a_picture_survives_its_journey_as_json() -> None:
    system = picture({"init": OUTER, "init -> inner": INNER}, "init -> clock", "init -> inner", INNER_LAMP)
    assert System.from_json(system.to_json()) == system
