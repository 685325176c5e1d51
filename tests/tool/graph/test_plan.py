"""The tree of a scenario, and who answers the requests in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bastide.tool.checkout import SCENARIOS
from bastide.tool.graph.asks import Origin, Survey, narrow
from bastide.tool.graph.code import Library
from bastide.tool.graph.model import Link, System
from bastide.tool.graph.plan import Plan
from bastide.tool.graph.planned import planned_system
from bastide.tool.scenario import ScenarioError, named_scenario, parse_scenario, read_scenario

HEAD = "runtime | ram: 8M | caps: 500 | binary: init\n"
PROVIDED = """\
  + parent-provides
    + service PD
    + service CPU
    + service LOG
    + service ROM
"""
EVERYTHING = """\
  + default-route
    + any-service
      + parent
      + any-child
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def plan(folder: Path, config: str, content: tuple[str, ...] = ("init", "app"), head: str = HEAD) -> Plan:
    app = folder / "components" / "app"
    app.mkdir(parents=True, exist_ok=True)
    (app / "main.py").touch()
    roms = "".join(f"  + rom {name}\n" for name in content)
    text = f"{head}+ content\n{roms}+ config\n{PROVIDED}{config}-\n"
    return Plan.of(parse_scenario(text, "town", folder / "runtime"))


def within(config: str) -> str:
    """The same, as the config of a child."""
    return "".join(f"    {line}\n" for line in config.splitlines())


def source(folder: Path, text: str) -> None:
    (folder / "components" / "app").mkdir(parents=True, exist_ok=True)
    (folder / "components" / "app" / "main.py").write_text(text)


def existing(name: str) -> Plan:
    return Plan.of(named_scenario(name))


# -- the tree ---------------------------------------------------------------------------------------------------------

def test_what_a_scenario_requires_is_started_around_it() -> None:
    found = existing("panel")
    assert found.prefix == "init -> panel"
    assert [component.label for component in found][:4] == [
        "init", "init -> timer", "init -> panel", "init -> panel -> report_rom"]
    assert found.open == {"init -> panel -> dynamic"}


def test_inits_within_inits_are_entered_at_any_depth(folder: Path) -> None:
    text = f"{EVERYTHING}  + start app\n"
    for depth in range(6):
        text = f"{EVERYTHING}  + start i{depth}\n    + binary init\n    + config\n{within(PROVIDED + text)}"
    found = plan(folder, text)
    assert [component.name for component in found] == ["init", "i5", "i4", "i3", "i2", "i1", "i0", "app"]
    assert [child.name for child in found.children(found.components["init -> i5"])] == ["i4"]
    assert not any(asked.trouble for asked in Survey(found))


def test_a_config_that_is_a_rom_of_the_scenario_is_read(folder: Path) -> None:
    (folder / "inner").write_text(f"config\n+ start b | + binary app\n{EVERYTHING}-\n".replace("\n  ", "\n"))
    found = plan(folder, "  + start a\n    + binary init\n    + route\n      + service ROM | label: config\n"
                         f"        + parent | label: inner\n      + any-service | + parent\n{EVERYTHING}",
                 ("init", "app", "inner"))
    assert "init -> a -> b" in found.components


def test_a_config_that_starts_itself_ends_the_tree(folder: Path) -> None:
    (folder / "again").write_text(f"config\n{PROVIDED}{EVERYTHING}+ start a | + binary init\n-\n".replace("\n  ", "\n"))
    found = Plan.of(parse_scenario(HEAD.replace("init\n", "init | config: again\n")
                                   + "+ content\n  + rom init\n-\n", "town", folder / "runtime"))
    assert list(found.components) == ["init", "init -> a"]
    assert "it starts itself again and again" in found.problems["init -> a"]


def test_a_config_that_can_not_be_read_is_told(folder: Path) -> None:
    (folder / "inner").write_text("<config")
    found = plan(folder, "  + start a\n    + binary init\n    + route\n      + service ROM | label: config\n"
                         f"        + parent | label: inner\n      + any-service | + parent\n{EVERYTHING}",
                 ("init", "app", "inner"))
    assert found.problems["init -> a"].startswith(f"{folder}/inner:1:")


def test_a_requirement_that_nothing_provides_is_an_error(folder: Path) -> None:
    with pytest.raises(ScenarioError, match="requires Gpu, which nothing here can provide yet"):
        plan(folder, "", head=HEAD + "+ requires | + gpu\n")


# -- answers ----------------------------------------------------------------------------------------------------------

def test_a_request_is_followed_to_who_serves_it() -> None:
    found = existing("panel")
    rtc = found.components["init -> panel -> rtc"]
    answer = found.request(rtc, "Timer", "")
    assert (answer.server, answer.seen) == ("init -> timer", "panel -> rtc -> ")
    assert [hop.init for hop in answer.hops] == ["init -> panel", "init"]
    assert answer.rule is not None and answer.rule.place.endswith("scenarios/panel/runtime:27:21")


def test_a_request_goes_down_into_an_init_that_offers_the_service(folder: Path) -> None:
    offering = ("  + start box\n    + binary init\n    + provides | + service Hello\n    + config\n"
                + within(PROVIDED + EVERYTHING) +
                "      + service Hello\n        + policy | label_prefix: app | + child server | label: x\n"
                "      + start server\n        + binary app\n        + provides | + service Hello\n"
                f"  + start app\n  + start other | + binary app\n{EVERYTHING}")
    found = plan(folder, offering)
    answer = found.request(found.components["init -> app"], "Hello", "a")
    assert (answer.server, answer.seen, answer.link) == ("init -> box -> server", "x", Link.PLANNED)
    refused = found.request(found.components["init -> other"], "Hello", "a")
    assert (refused.server, refused.link) == ("", Link.DENIED)
    assert '"init -> box" has no policy for label "other -> a" in its service node at' in refused.reason
    absent = plan(folder, offering.replace("+ service Hello\n        + policy", "+ service Hullo\n        + policy"))
    waiting = absent.request(absent.components["init -> app"], "Hello", "a")
    assert (waiting.server, waiting.link) == ("init -> box", Link.WAITING)
    assert "has no service node for Hello in its own config, so the request waits" in waiting.reason


@pytest.mark.parametrize(("service", "label", "reason"), [
    ("Timer", "", "add `+ requires | + timer` to {folder}/runtime"),
    ("Gpu", "", 'core provides no service "Gpu", but CPU, LOG, PD, RM, ROM, Report; let a child provide it'),
    ("ROM", "nits", 'there is no ROM module "nits" in the content of {folder}/runtime; did you mean \'init\'?; '
                    "add `+ rom nits` there, or route it to a child"),
])
def test_core_refuses_what_it_does_not_have(folder: Path, service: str, label: str, reason: str) -> None:
    found = plan(folder, "    + service Timer\n    + service Gpu\n  + start app\n" + EVERYTHING)
    answer = found.request(found.components["init -> app"], service, label)
    assert (answer.link, answer.server) == (Link.DENIED, "")
    assert answer.reason.endswith(reason.format(folder=folder))


def test_no_child_is_trusted_with_the_domain_of_another(folder: Path) -> None:
    found = plan(folder, "  + start app\n    + route\n      + service PD | + child p\n      + any-service | + parent\n"
                         f"  + start p\n    + binary app\n    + provides | + service PD\n{EVERYTHING}")
    app = found.components["init -> app"]
    assert "can't get its PD session from a child" in found.environment(app, "PD").reason
    assert found.environment(app, "CPU").good
    assert found.request(app, "PD", "another").server == "init -> p"


# -- what is asked for ------------------------------------------------------------------------------------------------

def asks(found: Plan, label: str, *origins: Origin) -> set[tuple[str, str]]:
    return {(asked.ask.service, asked.ask.label) for asked in Survey(found).of(found.components[label])
            if asked.ask.origin in (origins or (Origin.SOURCE,))}


def test_each_child_asks_for_its_environment(folder: Path) -> None:
    found = plan(folder, "  + start app\n" + EVERYTHING)
    assert asks(found, "init -> app", Origin.ENVIRONMENT) == {("PD", ""), ("CPU", ""), ("LOG", ""), ("ROM", "")}
    assert not any(asked.trouble for asked in Survey(found))


def test_an_open_label_is_narrowed_by_the_config_and_by_routes(folder: Path) -> None:
    source(folder, "from bastide.base import Rom\ndef construct(env):\n    Rom(env, input())\n")
    route = "    + route\n      + service ROM | label: {}\n        + child other\n      + any-service | + parent\n"
    found = plan(folder, "  + start app\n" + route.format("a") + "  + start other | + binary app\n" + EVERYTHING)
    assert asks(found, "init -> app") == {("ROM", "a")}
    assert asks(found, "init -> other") == {("ROM", "*")}
    source(folder, "from bastide.base import Rom\ndef construct(env):\n    Rom(env, env.config.node.attributes['r'])\n")
    found = plan(folder, "  + start app\n    + config | r: x\n      + more | r: y\n" + route.format("a") + EVERYTHING)
    assert asks(found, "init -> app") == {("ROM", "config"), ("ROM", "x"), ("ROM", "y")}


@pytest.mark.parametrize(("pattern", "mentioned", "both"), [
    ("*", "a", "a"), ("x*", "a", None), ("* -> b", "a -> b", "a -> b"), ("a", "a*", "a"), ("*", "a*b", "a*b"),
    ("a*", "*b", "a*b"), ("ab*", "a*", "ab*"), ("b*", "a*", None), ("a", "b", None), ("a*a", "a", None),
    ("a*b*c", "axbxc", "axbxc"), ("a*b*c", "axxc", None), ("*b", "*ab", "*ab"),
])
def test_two_patterns_have_texts_in_common(pattern: str, mentioned: str, both: str | None) -> None:
    assert narrow(pattern, mentioned) == both


def test_what_only_the_route_mentions_is_asked_for_too(folder: Path) -> None:
    found = plan(folder, "  + start app\n    + route\n      + service Gui | label_prefix: top | + child nobody\n"
                         "      + service Nic | + child nobody\n      + service LOG | label: log | + parent\n"
                         "      + service LOG | unscoped_label: app | + parent\n      + any-service | + parent\n")
    assert asks(found, "init -> app", Origin.ROUTE) == {("Gui", "top*"), ("Nic", "*"), ("LOG", "log")}
    assert sum(asked.trouble for asked in Survey(found)) == 2


def test_an_init_may_ask_for_what_its_children_have_no_use_for(folder: Path) -> None:
    source(folder, "from bastide.session.timer import Timer\ndef construct(env):\n    Timer(env)\n")
    found = plan(folder, "    + service Timer\n    + service Gpu\n  + start app\n" + EVERYTHING,
                 head=HEAD + "+ requires | + timer\n")
    assert asks(found, "init -> town", Origin.PARENT_PROVIDES) == {("Gpu", "*")}
    assert not any(asked.trouble for asked in Survey(found))


def test_a_plan_becomes_a_picture() -> None:
    system = planned_system(existing("hello"))
    assert System.from_json(system.to_json()) == system
    [init] = system.root.children
    assert [child.name for child in init.children] == ["timer", "hello_server", "hello_client", "hello_polite"]
    shown = {(session.client, session.service, session.server) for session in system.sessions
             if session.server != "core"}
    assert shown == {("init -> hello_client", "Hello", "init -> hello_server"),
                     ("init -> hello_polite", "Hello", "init -> hello_server"),
                     ("init -> hello_polite", "Timer", "init -> timer")}


def test_what_is_refused_is_part_of_the_picture(folder: Path) -> None:
    source(folder, "from bastide.session.timer import Timer\ndef construct(env):\n    Timer(env)\n")
    system = planned_system(plan(folder, "  + start app\n" + EVERYTHING))
    [denied] = [session for session in system.sessions if session.link is Link.DENIED]
    assert (denied.client, denied.service, denied.server) == ("init -> app", "Timer", "")
    assert system.root.children[0].children[0].problems == (denied.explanation,)


def test_all_scenarios_that_come_with_bastide_have_routes_for_all_they_ask_for() -> None:
    library = Library()
    for path in sorted(SCENARIOS[0].glob("scenarios/*/runtime")):
        survey = Survey(Plan.of(read_scenario(path)), library)
        assert [asked.answer.reason for asked in survey if asked.trouble] == [], path
